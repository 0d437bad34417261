import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionError } from "../../mod.ts";
import { hasher } from "../../src/sinks/hash.ts";
import { passing } from "../../src/sinks/passing.ts";

/** A reading of these pieces. */
function passageOf(size: number, ...pieces: string[]) {
  const left = pieces.map((it) => new TextEncoder().encode(it));
  const reading = { read: () => Promise.resolve(left.shift()), close: () => Promise.resolve() };
  let moves = 0;
  return { passage: passing(reading, size, hasher(), () => void moves++), moves: () => moves };
}

Deno.test("passing() lets a whole file pass, and tells each piece", async () => {
  const { passage, moves } = passageOf(5, "a f", "ig");
  while (await passage.read());
  assertEquals([moves(), passage.failure()], [3, undefined]);
});

Deno.test("passing() fails where a file ends early, and keeps the failure", async () => {
  const { passage } = passageOf(9, "a fig");
  await passage.read();
  const error = await assertRejects(
    () => passage.read(),
    ConnectionError,
    "Cannot keep the file: it ended after 5 of 9 bytes",
  );
  assertEquals(passage.failure(), error);
});
