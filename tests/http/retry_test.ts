import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { retryAfterMs } from "../../src/base/problem.ts";
import {
  ApiError,
  type ApiErrorInit,
  AuthError,
  ConnectionError,
  RateLimitError,
  TimeoutError,
} from "../../src/errors.ts";
import type { RetryOptions } from "../../src/http/options.ts";
import {
  fateOf,
  mayRetry,
  type RetriedCall,
  retryPolicy,
  withRetry,
} from "../../src/http/retry.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import { rejection } from "../rejection.ts";

function callWith(options: RetryOptions | false, more: Partial<RetriedCall> = {}): RetriedCall {
  return {
    retry: retryPolicy(options),
    signal: undefined,
    deadline: undefined,
    repeatable: true,
    ...more,
  };
}

/** The server's refusal of a call, with the `Retry-After` that it sends, if it sends one. */
function refusal(retryAfter?: string): RateLimitError {
  return new RateLimitError({
    action: "try",
    method: "GET",
    url: "https://api.replicate.com/v1/account",
    status: 429,
    headers: new Headers(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
    body: "",
    attempts: 1,
  });
}

/** The virtual moments of the attempts of a call that always fails. */
function momentsOf(
  call: () => RetriedCall,
  failure: (attempt: number) => Error = () => refusal(),
): Promise<number[]> {
  return withFakeTime(async (time) => {
    const moments: number[] = [];
    await assertRejects(() =>
      withRetry(() => {
        moments.push(time.elapsed());
        return Promise.reject(failure(moments.length));
      }, call())
    );
    return moments;
  });
}

Deno.test("withRetry() waits minDelay times multiplier to the n, and maxDelay at most", async () => {
  assertEquals(await momentsOf(() => callWith({ jitter: 0 })), [0, 500, 1500, 3500]);
  const options = {
    maxRetries: 4,
    minDelay: 100,
    maxDelay: "1s",
    multiplier: 3,
    jitter: 0,
  } as const;
  assertEquals(await momentsOf(() => callWith(options)), [0, 100, 400, 1300, 2300]);
});

Deno.test("withRetry() takes at most the jitter's share off a wait", async () => {
  for (let round = 0; round < 20; round++) {
    const moments = await momentsOf(() => callWith({ maxRetries: 1, jitter: 0.5 }));
    const wait = moments[1] ?? 0;
    assert(wait >= 250 && wait <= 500, `waited ${wait}`);
  }
});

Deno.test("withRetry() makes n + 1 attempts, and throws the last error as it is", async () => {
  for (const maxRetries of [0, 1, 3]) {
    const moments = await momentsOf(() => callWith({ maxRetries, jitter: 0 }));
    assertEquals(moments.length, maxRetries + 1);
  }
  assertEquals((await momentsOf(() => callWith(false))).length, 1);
  const failure = new Error("mine");
  const thrown = await rejection(withRetry(() => Promise.reject(failure), callWith(false)));
  assertStrictEquals(thrown, failure);
});

Deno.test("withRetry() waits as long as the server asks, and counts it as an attempt", async () => {
  const moments = await momentsOf(() => callWith({ jitter: 0 }), () => refusal("45"));
  assertEquals(moments, [0, 45e3, 90e3, 135e3]);
});

Deno.test("withRetry() waits as long as it would by itself where the server asks for less", async () => {
  const moments = await momentsOf(
    () => callWith({ jitter: 0, minDelay: 3000, maxRetries: 2 }),
    () => refusal("1"),
  );
  assertEquals(moments, [0, 3000, 9000]);
});

Deno.test("withRetry() goes back to its own waits where the server is silent again", async () => {
  const moments = await momentsOf(
    () => callWith({ maxRetries: 2, jitter: 0 }),
    (attempt) => attempt === 1 ? refusal("2") : refusal(),
  );
  assertEquals(moments, [0, 2000, 3000]);
});

Deno.test("withRetry() fails at once when the server's wait would pass the deadline", async () => {
  const moments = await momentsOf(
    () => callWith({ jitter: 0 }, { deadline: performance.now() + 30_000 }),
    () => refusal("60"),
  );
  assertEquals(moments, [0]);
});

Deno.test("withRetry() ends each kind of wait at once when the signal aborts", async () => {
  for (const failure of [refusal("60"), refusal()]) {
    await withFakeTime(async (time) => {
      const controller = new AbortController();
      const reason = new Error("enough");
      setTimeout(() => controller.abort(reason), 200);
      const call = callWith({ jitter: 0 }, { signal: controller.signal });
      const thrown = await rejection(withRetry(() => Promise.reject(failure), call));
      assertStrictEquals(thrown, reason);
      assertEquals([time.elapsed(), time.timers], [200, 0]);
    });
  }
});

Deno.test("fateOf() calls nothing refused that the server may have accepted", () => {
  const answer = (status: number): ApiError => {
    const init: ApiErrorInit = {
      action: "try",
      method: "POST",
      url: "https://api.replicate.com/v1/predictions",
      status,
      headers: new Headers(),
      body: "",
      attempts: 1,
    };
    return new ApiError(init);
  };
  const lost = (code: string): ConnectionError =>
    new ConnectionError("Cannot try: no answer", { cause: Object.assign(new Error(), { code }) });
  const timeout = new TimeoutError("Cannot try: no answer", { phase: "connect" });
  const redirected = new TypeError("unexpected redirect");
  const redirect = new ConnectionError("Cannot try: a redirect", { cause: redirected });
  const fates: [unknown, fate: string, repeats: boolean, creates: boolean][] = [
    [refusal(), "not accepted", true, true],
    [lost("ECONNREFUSED"), "not accepted", true, true],
    [answer(401), "refused", false, false],
    [answer(422), "refused", false, false],
    [new AuthError("Cannot try: no token"), "refused", false, false],
    [answer(408), "unknown", true, false],
    [answer(503), "unknown", true, false],
    [lost("ECONNRESET"), "unknown", true, false],
    [timeout, "unknown", true, false],
    // An answer that cannot be read, a redirect, and an error of the caller's own `fetch`.
    [answer(201), "foreign", false, false],
    [answer(303), "foreign", false, false],
    [redirect, "foreign", false, false],
    [new Error("a bug"), "foreign", false, false],
  ];
  for (const [error, fate, repeats, creates] of fates) {
    assertEquals(
      [
        fateOf(error),
        mayRetry({ repeatable: true }, error),
        mayRetry({ repeatable: false }, error),
      ],
      [fate, repeats, creates],
      String(error),
    );
  }
});

Deno.test("retryPolicy() merges what is given with what was there", () => {
  const base = retryPolicy({ maxRetries: 7 });
  const expected = { ...base, minDelay: 2000 };
  assertEquals(base.maxRetries, 7);
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
    const ahead = new Date(time.now() + 3_600_000).toUTCString();
    const late = new Date(time.now() + 3_602_000).toUTCString();
    const skewed = new Headers({ "retry-after": late, date: ahead });
    assertEquals(retryAfterMs(skewed), 2000, "by the server's own clock");
    return Promise.resolve();
  });
});

Deno.test("retryAfterMs() takes what cannot be a wait for none", async () => {
  await withFakeTime((time) => {
    const past = new Date(time.now() - 60_000).toUTCString();
    for (const value of ["0", past, "60;", "120 s", "1,1", "-5", "", "Infinity", "0x10", "1e3"]) {
      assertEquals(retryAfterMs(new Headers({ "retry-after": value })), undefined, value);
      const second = retryAfterMs(new Headers({ "retry-after": value }), '{"retry_after":3}');
      assertEquals(second, 3000, `after ${value} the body counts`);
    }
    assertEquals(retryAfterMs(new Headers(), '{"retry_after":0}'), undefined);
    assertEquals(retryAfterMs(new Headers(), "null retry_after"), undefined);
    return Promise.resolve();
  });
});

Deno.test("withRetry() obeys no wait beyond maxServerWait, and fails at once instead", async () => {
  const long = await momentsOf(() => callWith({ jitter: 0 }), () => refusal("301"));
  assertEquals(long, [0]);
  const allowed = () => callWith({ jitter: 0, maxServerWait: "1h", maxRetries: 1 });
  assertEquals(await momentsOf(allowed, () => refusal("301")), [0, 301_000]);
});
