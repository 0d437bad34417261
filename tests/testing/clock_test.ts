import { assertEquals, assertStrictEquals } from "@std/assert";
import { FakeClock, systemClock, withFakeTime } from "../../src/testing/mod.ts";
import { rejection } from "../rejection.ts";

Deno.test("FakeClock.advance() wakes sleepers in order, each at its time", async () => {
  const clock = new FakeClock(1_000);
  const woken: string[] = [];
  const nap = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    woken.push(`${name} ${clock.now()}`);
    if (name === "a") await nap("again", 10);
  };
  const all = Promise.all([nap("b", 200), nap("a", 100), nap("late", 5_000)]);
  await clock.advance(1_000);
  assertEquals(woken, ["a 1100", "again 1110", "b 1200"]);
  assertEquals([clock.now(), clock.pending], [2_000, 1]);
  await clock.advance(10_000);
  await all;
});

Deno.test("a clock's sleep ends with the reason of its signal", async () => {
  const reason = new Error("up");
  for (const clock of [systemClock, new FakeClock()]) {
    const controller = new AbortController();
    const sleep = clock.sleep(60_000, controller.signal);
    controller.abort(reason);
    assertStrictEquals(await rejection(sleep), reason);
    assertStrictEquals(await rejection(clock.sleep(1, controller.signal)), reason);
  }
});

Deno.test("systemClock follows timers that were faked after it was made", async () => {
  await withFakeTime(async (time) => {
    await systemClock.sleep(60_000);
    assertEquals([time.elapsed(), systemClock.now()], [60_000, time.now()]);
  });
});
