import { assertEquals } from "@std/assert";
import { isStepBack, listenersFor, progressOf, UNSEEN } from "../../src/webhooks/events.ts";
import { record } from "../scripted.ts";

const job = (more: Record<string, unknown>) => record(more) as never;
const on = { start: () => "start", output: () => "output", logs: () => "logs" };

const told = (now: Record<string, unknown>, before?: Record<string, unknown>): unknown[] => {
  const old = before ? progressOf(job(before)) : UNSEEN;
  return listenersFor(on, job(now), progressOf(job(now)), old).map((it) => it?.name);
};

Deno.test("progressOf() measures text, lists and any other output", () => {
  const sizes = [null, undefined, "abc", [1, 2], { a: 1 }, 7].map((output) =>
    progressOf(job({ output })).output
  );
  assertEquals(sizes, [0, 0, 3, 2, 1, 1]);
});

Deno.test("listenersFor() calls a change that is not growth by what the job has", () => {
  const status = "processing";
  assertEquals(told({ status }), ["start"]);
  assertEquals(told({ status, output: "b" }, { status, output: "a" }), ["output"]);
  assertEquals(told({ status, logs: "b" }, { status, logs: "a" }), ["logs"]);
  assertEquals(told({ status, output: "ab", logs: "b" }, { status, output: "a" }), [
    "output",
    "logs",
  ]);
});

Deno.test("isStepBack() drops what has less than was there, and all after the end", () => {
  const state = (rank: number, output = 0, logs = 0) => ({ rank, output, logs });
  assertEquals(isStepBack(state(1, 1), state(1, 2)), true);
  assertEquals(isStepBack(state(1, 1, 5), state(1, 2)), false);
  assertEquals(isStepBack(state(2), state(1, 2)), false);
  assertEquals(isStepBack(state(0), state(1)), true);
  assertEquals(isStepBack(state(2), state(2)), true);
});
