import { assertEquals } from "@std/assert";
import { endingOf, typeOf, typeOfBytes, typeOfName } from "../../src/files/names.ts";

function head(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

Deno.test("typeOfBytes() knows the files that have a mark at their start", () => {
  const marks: Record<string, string> = {
    "\x89PNG\r\n\x1a\n....": "image/png",
    "\xff\xd8\xff\xe0": "image/jpeg",
    "RIFF\x10\x00\x00\x00WEBPVP8 ": "image/webp",
    "RIFF\x10\x00\x00\x00WAVEfmt ": "audio/wav",
    "GIF89a": "image/gif",
    "GIF87a": "image/gif",
    "\x00\x00\x00\x20ftypisom": "video/mp4",
    "\x00\x00\x00\x20ftypM4A ": "audio/mp4",
    "\x00\x00\x00\x14ftypqt  ": "video/quicktime",
    "\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm":
      "video/webm",
    "\x1aE\xdf\xa3\x9fB\x82\x88matroska": "video/x-matroska",
    "ID3\x04": "audio/mpeg",
    "\xff\xfb\x90\x64": "audio/mpeg",
    "\xff\xf3\x40\xc4": "audio/mpeg",
    "fLaC\x00": "audio/flac",
    "%PDF-1.7": "application/pdf",
    "PK\x03\x04": "application/zip",
  };
  for (const [text, type] of Object.entries(marks)) assertEquals(typeOfBytes(head(text)), type);
});

Deno.test("typeOfBytes() does not guess", () => {
  for (
    const text of ["", "\xff", "\xff\xfeh\x00i\x00", "\xff\xff\xff\xff", "RIFF", "hello", "ftyp"]
  ) {
    assertEquals(typeOfBytes(head(text)), undefined, JSON.stringify(text));
  }
});

Deno.test("typeOfName() goes by the last ending, in either case", () => {
  assertEquals(typeOfName("a.b/c.JPG"), "image/jpeg");
  assertEquals(typeOfName("archive.tar.gz"), "application/gzip");
  assertEquals([typeOfName("png"), typeOfName("a.constructor"), typeOfName(undefined)], [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("typeOf() believes the name before the bytes, and falls back to a stream of octets", () => {
  assertEquals(typeOf("a.mp3", head("GIF89a")), "audio/mpeg");
  assertEquals(typeOf("a.weird", head("GIF89a")), "image/gif");
  assertEquals(typeOf(undefined, head("hello")), "application/octet-stream");
});

Deno.test("endingOf() gives the usual ending", () => {
  assertEquals(["image/jpeg", "text/plain; charset=utf-8", "x/y"].map(endingOf), [
    ".jpg",
    ".txt",
    "",
  ]);
});
