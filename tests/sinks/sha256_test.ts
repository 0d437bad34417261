import { assertEquals } from "@std/assert";
import fc from "npm:fast-check@4.11.0";
import { newSha256 } from "../../src/sinks/sha256.ts";
import { sha256Of } from "./world.ts";

Deno.test("newSha256() gives what WebCrypto gives, whatever the pieces are", async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(0, 1, 55, 56, 63, 64, 65, 127, 128).map((size) => new Uint8Array(size).fill(7)),
  );
  const property = fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
    const hash = newSha256();
    for (const it of pieces) hash.update(it);
    const whole = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
    assertEquals(hash.digest(), await sha256Of(whole));
  });
  await fc.assert(property, { numRuns: 300 });
});
