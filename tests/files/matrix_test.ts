import { assert, assertEquals } from "@std/assert";
import { ENCODINGS, KINDS, NESTINGS, runMatrix } from "./matrix.ts";

Deno.test("each kind of file arrives as it is, in each encoding and at each depth", async () => {
  const { passed, failures } = await runMatrix();
  assertEquals(failures, []);
  assertEquals(passed, KINDS.length * ENCODINGS.length * Object.keys(NESTINGS).length);
  assert(passed > 100);
});
