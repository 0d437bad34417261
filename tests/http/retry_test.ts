import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { retryAfterMs } from "../../src/base/problem.ts";
import type { RetryOptions } from "../../src/http/options.ts";
import { retryPolicy, type RetryRules, withRetry } from "../../src/http/retry.ts";
import { withFakeTime } from "../../src/testing/time.ts";

function rules(options: RetryOptions | false, more: Partial<RetryRules> = {}): RetryRules {
  return {
    policy: retryPolicy(options),
    signal: undefined,
    deadline: undefined,
    mayRetry: () => true,
    serverWait: () => undefined,
    ...more,
  };
}

/** The virtual moments of the attempts of a call that always fails. */
function momentsOf(rules: () => RetryRules): Promise<number[]> {
  return withFakeTime(async (time) => {
    const moments: number[] = [];
    await assertRejects(() =>
      withRetry(() => {
        moments.push(time.elapsed());
        return Promise.reject(new Error("no"));
      }, rules())
    );
    return moments;
  });
}

Deno.test("withRetry() waits minDelay times multiplier to the n, and maxDelay at most", async () => {
  assertEquals(await momentsOf(() => rules({ jitter: 0 })), [0, 500, 1500, 3500]);
  const options = {
    maxRetries: 4,
    minDelay: 100,
    maxDelay: "1s",
    multiplier: 3,
    jitter: 0,
  } as const;
  assertEquals(await momentsOf(() => rules(options)), [0, 100, 400, 1300, 2300]);
});

Deno.test("withRetry() takes at most the jitter's share off a wait", async () => {
  for (let round = 0; round < 20; round++) {
    const moments = await momentsOf(() => rules({ maxRetries: 1, jitter: 0.5 }));
    const wait = moments[1] ?? 0;
    assert(wait >= 250 && wait <= 500, `waited ${wait}`);
  }
});

Deno.test("withRetry() makes n + 1 attempts, and throws the last error as it is", async () => {
  for (const maxRetries of [0, 1, 3]) {
    const moments = await momentsOf(() => rules({ maxRetries, jitter: 0 }));
    assertEquals(moments.length, maxRetries + 1);
  }
  assertEquals((await momentsOf(() => rules(false))).length, 1);
  const failure = new Error("mine");
  const thrown = await withRetry(() => Promise.reject(failure), rules(false)).catch((e) => e);
  assertStrictEquals(thrown, failure);
});

Deno.test("withRetry() does as the server asks, in full, and counts it as an attempt", async () => {
  const serverWait = () => 45_000;
  assertEquals(await momentsOf(() => rules({ jitter: 0 }, { serverWait })), [0, 45e3, 90e3, 135e3]);
});

Deno.test("withRetry() goes back to its own waits where the server is silent again", async () => {
  let calls = 0;
  const serverWait = () => calls++ === 0 ? 2000 : undefined;
  const moments = await momentsOf(() => rules({ maxRetries: 2, jitter: 0 }, { serverWait }));
  assertEquals(moments.length, 3);
});

Deno.test("withRetry() fails at once when the server's wait would pass the deadline", async () => {
  const moments = await momentsOf(() =>
    rules({ jitter: 0 }, { serverWait: () => 60_000, deadline: Date.now() + 30_000 })
  );
  assertEquals(moments, [0]);
});

Deno.test("withRetry() ends each kind of wait at once when the signal aborts", async () => {
  for (const serverWait of [() => 60_000, () => undefined]) {
    await withFakeTime(async (time) => {
      const controller = new AbortController();
      const reason = new Error("enough");
      setTimeout(() => controller.abort(reason), 200);
      const policy = rules({ jitter: 0 }, { serverWait, signal: controller.signal });
      const thrown = await withRetry(() => Promise.reject(new Error("no")), policy).catch((e) => e);
      assertStrictEquals(thrown, reason);
      assertEquals([time.elapsed(), time.timers], [200, 0]);
    });
  }
});

Deno.test("retryPolicy() merges what is given with what was there", () => {
  const base = retryPolicy({ maxRetries: 7 });
  const expected = { maxRetries: 7, minDelay: 2000, maxDelay: 30_000, multiplier: 2, jitter: 0.5 };
  assertEquals(retryPolicy({ minDelay: "2s" }, base), expected);
  assertEquals(retryPolicy(false, base).maxRetries, 0);
});

Deno.test("retryPolicy() refuses values that cannot be meant, and says which", () => {
  const wrong: [unknown, string][] = [
    [{ maxRetries: -1 }, "retry.maxRetries"],
    [{ maxRetries: 1.5 }, "retry.maxRetries"],
    [{ maxRetries: NaN }, "retry.maxRetries"],
    [{ minDelay: -5 }, "retry.minDelay"],
    [{ minDelay: "5 minutes" }, "retry.minDelay"],
    [{ maxDelay: NaN }, "retry.maxDelay"],
    [{ multiplier: 0.5 }, "retry.multiplier"],
    [{ multiplier: "2" }, "retry.multiplier"],
    [{ jitter: 2 }, "retry.jitter"],
  ];
  for (const [options, name] of wrong) {
    assertThrows(() => retryPolicy(options as RetryOptions), RangeError, name);
  }
});

Deno.test("retryAfterMs() reads seconds, dates and the body, in this order", async () => {
  await withFakeTime((time) => {
    const date = new Date(time.now() + 5000).toUTCString();
    const headers = (value: string) => new Headers({ "retry-after": value });
    assertEquals(retryAfterMs(headers("2")), 2000);
    assertEquals(retryAfterMs(headers(date)), 5000);
    assertEquals(retryAfterMs(headers("soon"), '{"retry_after":3}'), 3000);
    assertEquals(retryAfterMs(new Headers(), '{"retry_after":1.5}'), 1500);
    assertEquals(retryAfterMs(new Headers(), '{"retry_after":-1}'), undefined);
    assertEquals(retryAfterMs(new Headers(), "retry_after please"), undefined);
    assertEquals(retryAfterMs(headers("0"), ""), 0);
    return Promise.resolve();
  });
});
