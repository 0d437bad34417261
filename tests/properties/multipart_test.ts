/** The form of an upload, against a parser that somebody else wrote. */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Busboy } from "npm:@fastify/busboy@3.2.6";
import fc from "npm:fast-check@4.11.0";
import { assertEquals } from "@std/assert";
import { formBody } from "../../src/files/form.ts";
import { memoryContent } from "../../src/files/content.ts";

/** The parts of a form, as busboy reads them. */
interface Parts {
  filename?: string;
  type?: string;
  bytes?: Uint8Array;
  metadata?: string;
}

async function partsOf(response: Response): Promise<Parts> {
  const parts: Parts = {};
  const headers = { "content-type": response.headers.get("content-type")! };
  const parser = new Busboy({ headers });
  parser.on("file", (_name, file, filename, _encoding, type) => {
    const pieces: Uint8Array[] = [];
    file.on("data", (piece) => pieces.push(piece));
    file.on("end", () => Object.assign(parts, { filename, type, bytes: Buffer.concat(pieces) }));
  });
  parser.on("field", (name, value) => {
    if (name === "metadata") parts.metadata = value;
  });
  const ended = new Promise((resolve, reject) => {
    parser.on("finish", resolve);
    parser.on("error", reject);
  });
  parser.end(Buffer.from(await response.arrayBuffer()));
  await ended;
  return parts;
}

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  // Browsers write these in a form of their own; a path is not part of a name.
  .filter((it) => !/["\r\n\\/;%\p{Cc}]/u.test(it) && it.trim() === it && it.isWellFormed())
  .filter((it) => !/^\.+$/.test(it));
const type = fc.constantFrom("image/png", "text/plain", "application/octet-stream");
const metadata = fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined });
// Bytes that look like the end of a part are what a parser stumbles over.
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.constantFrom("\r\n", "--", "\r\n--form-", "\r\n\r\n").map((it) =>
    new TextEncoder().encode(it)
  ),
);

Deno.test("formBody() writes a form that another parser reads, with its length and digest", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece), name, type, metadata, async (pieces, filename, ...more) => {
      const [contentType, metadata] = more;
      const content = memoryContent(pieces);
      const bytes = Buffer.concat(pieces);
      let loaded = 0;
      const form = formBody({ ...content, filename, contentType, metadata } as never, {
        loaded: (bytes) => loaded = bytes,
        failed: (error) => {
          throw error;
        },
      });
      const body = await form.open();
      const response = new Response(body, { headers: form.headers });
      const parts = await partsOf(response);
      assertEquals(parts.filename, filename);
      assertEquals(parts.type, contentType);
      assertEquals(Buffer.from(parts.bytes!).equals(bytes), true);
      assertEquals(
        parts.metadata && JSON.parse(parts.metadata),
        metadata && structuredClone(metadata),
      );
      assertEquals(loaded, bytes.length);
      const digest = await form.digest();
      assertEquals(digest, createHash("sha256").update(bytes).digest("hex"));
      await form.close();
    }),
    { numRuns: 60 },
  );
});
