import { assert, assertEquals, assertThrows } from "@std/assert";
import { blobOf } from "../../src/testing/blob.ts";
import { parseForm } from "../../src/testing/multipart.ts";

Deno.test("parseForm() reads what the platform writes", async () => {
  const bytes = new Uint8Array(3000).map((_, n) => n % 256);
  const form = new FormData();
  form.append("content", new File([bytes], 'a "fig".png', { type: "image/png" }));
  form.append("metadata", '{"a":"é\\r\\n--"}');
  form.append("empty", new File([], ""));
  const request = new Request("https://x.test", { method: "POST", body: form });
  const type = request.headers.get("content-type")!;
  const parsed = parseForm(new Uint8Array(await request.arrayBuffer()), type);
  assertEquals([...parsed.entries()].map(([name]) => name), ["content", "metadata", "empty"]);
  const content = parsed.get("content");
  assert(typeof content === "object" && content !== null);
  assertEquals([content.name, content.type, content.size], ['a "fig".png', "image/png", 3000]);
  assertEquals(new Uint8Array(await content.arrayBuffer()), bytes);
  assertEquals(parsed.get("metadata"), '{"a":"é\\r\\n--"}');
  assertEquals((parsed.get("empty") as File).size, 0);
  assertEquals(parsed.get("none"), null);
});

Deno.test("parseForm() refuses what has no boundary", () => {
  assertThrows(() => parseForm(new Uint8Array(), "multipart/form-data"), TypeError, "no boundary");
});

Deno.test("blobOf() can be read where the Blob of the platform cannot", async () => {
  const { Blob } = globalThis;
  try {
    // As that of jsdom.
    globalThis.Blob = class {
      readonly size: number;
      readonly type: string;
      constructor([bytes]: [Uint8Array], { type }: { type: string }) {
        this.size = bytes.length;
        this.type = type;
      }
    } as unknown as typeof Blob;
    const blob = blobOf(new TextEncoder().encode("a fig é"), "text/plain");
    assertEquals([blob.size, blob.type, await blob.text()], [8, "text/plain", "a fig é"]);
    assertEquals((await blob.arrayBuffer()).byteLength, 8);
  } finally {
    globalThis.Blob = Blob;
  }
});
