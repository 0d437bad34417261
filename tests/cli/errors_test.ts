import { assertEquals, assertMatch } from "@std/assert";
import { ConnectionError, InputError, TimeoutError } from "../../src/errors.ts";
import { codeOf, report } from "../../src/cli/errors.ts";

/** What is written for an error, and the exit code. */
async function reported(error: unknown, env = {}): Promise<{ code: number; text: string }> {
  let text = "";
  const write = (part: string | Uint8Array): Promise<void> => Promise.resolve(void (text += part));
  const stderr = { isTTY: false, columns: undefined, write };
  return { code: await report(error, { stderr, env }), text };
}

Deno.test("codeOf() tells the mistakes of a caller, what took too long, and all else", () => {
  const timeout = (phase: TimeoutError["phase"]) => new TimeoutError("late", { phase });
  assertEquals(["deadline", "wait"].map((it) => codeOf(timeout(it as "wait"))), [4, 4]);
  assertEquals(codeOf(timeout("connect")), 1);
  assertEquals(codeOf(new InputError("Cannot run: n is missing", [])), 2);
  assertEquals(codeOf(new TypeError("Cannot read the file: it is a folder")), 2);
  assertEquals(codeOf(new RangeError("Cannot use 0 as limit")), 2);
  assertEquals([codeOf(new TypeError("x is not a function")), codeOf("text")], [1, 1]);
});

Deno.test("report() shows where a bug is with REPLICATE_DEBUG, and only that of a bug", async () => {
  const bug = new TypeError("x is not a function");
  assertEquals((await reported(bug)).text, "replicate: x is not a function\n");
  const debug = { REPLICATE_DEBUG: "1" };
  assertMatch((await reported(bug, debug)).text, /x is not a function\n[^]*errors_test\.ts:\d+/);
  assertEquals((await reported("text", debug)).text, "replicate: text\n");
  const known = await reported(new InputError("Cannot run: n is missing", []), debug);
  assertEquals(known.text.includes("errors_test"), false);
  const late = await reported(new TimeoutError("late", { phase: "connect" }));
  assertEquals([late.code, late.text.split("\n").length], [1, 2]);
});

Deno.test("report() gives its code where nobody reads stderr any more", async () => {
  const stderr = {
    isTTY: false,
    columns: undefined,
    write: () => Promise.reject(new Error("gone")),
  };
  assertEquals(
    await report(new ConnectionError({ message: "lost" } as never), { stderr, env: {} }),
    1,
  );
});
