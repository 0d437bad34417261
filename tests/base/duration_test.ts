import { assertEquals, assertThrows } from "@std/assert";
import { type Duration, toMs } from "../../src/base/duration.ts";

Deno.test("toMs() takes milliseconds and each unit", () => {
  const cases: [Duration, number][] = [
    [0, 0],
    [1500, 1500],
    ["500ms", 500],
    ["1.5s", 1500],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["1d", 86_400_000],
  ];
  for (const [value, ms] of cases) assertEquals(toMs(value, "x"), ms);
});

Deno.test("toMs() refuses what is no length of time, and says which option it was", () => {
  for (const value of ["5 minutes", "", "s", "-1s", "1e3s", "10", " 1s", -1, NaN, Infinity, null]) {
    const error = assertThrows(() => toMs(value as Duration, "timeout.connect"), RangeError);
    assertEquals(error.message.includes("timeout.connect"), true, String(value));
  }
  assertThrows(() => toMs("1ms", "cancelAfter", 5000), RangeError, "from 5000 up");
});
