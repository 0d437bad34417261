import { assertEquals, assertThrows } from "@std/assert";
import { type DurableOptions, durablePlan } from "../../src/durable/options.ts";
import { errorOf, savedError } from "../../src/durable/record.ts";

const plan = (options: unknown) => durablePlan(options as DurableOptions, "acme/x", "run acme/x");
const input = { prompt: "a fig" };

Deno.test("durablePlan() names the option that cannot be used", () => {
  const cases: [options: unknown, text: string][] = [
    [undefined, "Cannot run acme/x: give its input, as in { input:"],
    [null, "Cannot run acme/x: give its input, as in { input:"],
    ["a fig", "Cannot run acme/x: give its input, as in { input:"],
    [{ input: "a fig" }, "Cannot run acme/x: input must be an object such as"],
    [{ input: null }, "Cannot run acme/x: input must be an object such as"],
    [{ input, name: "" }, "Cannot run acme/x: name must be text"],
    [{ input, name: 7 }, "Cannot run acme/x: name must be text"],
    [{ input, nonRetryable: Error.name }, "nonRetryable must be a function"],
    [{ input, webhook: "hooks" }, "it is not a URL"],
  ];
  for (const [options, text] of cases) assertThrows(() => plan(options), TypeError, text);
});

Deno.test("durablePlan() gives lengths of time in milliseconds, and a name that goes with the input", () => {
  const { timeout, interval, name, webhook } = plan({
    input,
    timeout: "5m",
    interval: "2s",
    name: "cover",
    webhook: new URL("https://a.example/hook"),
  });
  assertEquals([timeout, interval, name, webhook], [
    300_000,
    2_000,
    "cover",
    "https://a.example/hook",
  ]);
  assertEquals(plan({ input: { b: 1, a: 2 } }).name, plan({ input: { a: 2, b: 1 } }).name);
  assertEquals(plan({ input }).timeout, undefined);
});

Deno.test("savedError() keeps the name and the message, also of what is no error", () => {
  assertEquals(savedError(new RangeError("too many")), { name: "RangeError", message: "too many" });
  assertEquals(savedError("text"), { name: "Error", message: "text" });
  const { name, message } = errorOf({ name: "ApiError", message: "404" });
  assertEquals([name, message], ["ApiError", "404"]);
});
