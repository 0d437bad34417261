import { assert, assertEquals } from "@std/assert";
import { blobOf, inputFile, promptFile } from "../../src/ai/file_data.ts";

const URL_OF_FIG = "https://example.com/fig.png";

Deno.test("promptFile() takes each form in which the AI SDK has a file", async () => {
  const bytes = new TextEncoder().encode("fig");
  for (const data of [bytes, "Zmln", { type: "data", data: bytes } as const]) {
    const part = promptFile(data, "image/png", "fig.png");
    assert(part && "file" in part && part.file instanceof File);
    assertEquals([await part.file.text(), part.file.type, part.file.name], [
      "fig",
      "image/png",
      "fig.png",
    ]);
  }
  const url = new URL(URL_OF_FIG);
  assertEquals(promptFile(url, "image/png", undefined), { file: url.href });
  assertEquals(promptFile({ type: "url", url }, "image/png", undefined), { file: url.href });
  assertEquals(promptFile({ type: "text", text: "a fig" }, "text/plain", undefined), {
    text: "a fig",
  });
});

Deno.test("promptFile() takes a file that this provider keeps, and no other", () => {
  const kept = (reference: Record<string, string>) =>
    promptFile({ type: "reference", reference }, "image/png", undefined);
  assertEquals(kept({ replicate: URL_OF_FIG, openai: "file-1" }), { file: URL_OF_FIG });
  assertEquals(kept({ openai: "file-1" }), undefined);
  assertEquals(promptFile(undefined, "image/png", undefined), undefined);
  assertEquals(promptFile({ type: "hologram" } as never, "image/png", undefined), undefined);
});

Deno.test("blobOf() leaves a type that names no format to the bytes", () => {
  const types = ["image/png", "image", "image/*", ""].map((type) => blobOf("Zmln", type).type);
  assertEquals(types, ["image/png", "", "", ""]);
  assert(!(blobOf("Zmln", "image/png") instanceof File));
});

Deno.test("inputFile() hands a URL on, and makes a blob of bytes", () => {
  assertEquals(inputFile({ type: "url", url: URL_OF_FIG }), URL_OF_FIG);
  const file = inputFile({ type: "file", data: new Uint8Array(3), mediaType: "image/png" });
  assert(file instanceof Blob);
  assertEquals(file.size, 3);
});
