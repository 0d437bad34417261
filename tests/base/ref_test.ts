import { assertEquals, assertThrows } from "@std/assert";
import { ServerClock } from "../../src/base/clock.ts";
import { parseRef, type Ref } from "../../src/base/ref.ts";
import { withFakeTime } from "../../src/testing/mod.ts";

Deno.test("parseRef() shows a wrong ref by its keys only, as it may be the input", () => {
  const why = (ref: unknown): string => {
    const { message } = assertThrows(() => parseRef(ref as Ref), TypeError);
    return message.slice("Cannot run ".length, message.indexOf(": give"));
  };
  assertEquals(why({ prompt: "a secret", seed: 1 }), "an object with prompt, seed");
  assertEquals([why({}), why(null), why(7)], ["an object with no fields", "null", "7"]);
  assertEquals(why("acme"), '"acme"');
});

Deno.test("ServerClock learns from the header Date, and from nothing else", () =>
  withFakeTime(() => {
    const clock = new ServerClock();
    for (const date of [null, "soon", ""]) {
      clock.observe(date);
      assertEquals(clock.known, false);
    }
    clock.observe("Thu, 01 Jan 2026 00:00:00 GMT");
    clock.observe(null);
    assertEquals(clock.known, true);
    assertEquals(new Date(clock.now()).toISOString(), "2026-01-01T00:00:00.500Z");
    return Promise.resolve();
  }));
