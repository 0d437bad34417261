/** Issue numbers 13.7, 13.10 and 13.11: work and memory are bounded by us, never by the sender. */

import { assert, assertEquals } from "@std/assert";
import { retryAfterMs } from "../../src/base/problem.ts";
import { Client } from "../../src/client.ts";
import { ApiError, RateLimitError } from "../../src/errors.ts";
import type { Fetch } from "../../src/http/options.ts";
import { withFakeTime } from "../../src/testing/mod.ts";
import { rejection } from "../rejection.ts";

const KiB = 1024;

/** Hostile bodies of an error: each is the worst of some pattern or scan. */
const BODIES = [
  "<".repeat(64 * KiB),
  "<title>".repeat(9 * KiB),
  "<a".repeat(32 * KiB),
  " ".repeat(64 * KiB),
  `{${" ".repeat(64 * KiB)}`,
  "- ".repeat(32 * KiB),
  '{"detail":"' + "\\n- ".repeat(16 * KiB) + '"}',
  '{"a":'.repeat(12 * KiB),
  "[".repeat(64 * KiB),
  `{"retry_after":${"9".repeat(60 * KiB)}}`,
];

/** The time that some work takes, by the clock of the processor's user. */
function cost(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

Deno.test("13.7 no body of an error takes more than linear time", () => {
  const headers = new Headers();
  for (const body of BODIES) {
    const make = (text: string) => () =>
      new ApiError({
        action: "get it",
        method: "GET",
        url: "https://api.replicate.com/v1/x",
        status: 500,
        headers,
        body: text,
        attempts: 1,
      });
    // 4 times as much text takes 16 times as long where time is quadratic; each is far below a second.
    const half = Math.max(cost(make(body.slice(0, 16 * KiB))), 5);
    assert(cost(make(body)) < 40 * half + 200, body.slice(0, 20));
    retryAfterMs(headers, body);
  }
});

Deno.test("13.10 one 429 with a senseless wait fails its own call, and stops no other", async () => {
  await withFakeTime(async (time) => {
    let requests = 0;
    const fetch: Fetch = () =>
      Promise.resolve(
        ++requests === 1
          ? Response.json({ detail: "slow down", retry_after: 1e306 }, { status: 429 })
          : Response.json({ id: "a" }),
      );
    const client = new Client({ auth: "r8_test", fetch });
    const error = await rejection(client.predictions.get("abc"));
    assert(error instanceof RateLimitError, String(error));
    assert(error.message.includes("retry.maxServerWait is 300 s"), error.message);
    assertEquals([requests, time.elapsed()], [1, 0]);
    await client.predictions.get("abc");
    assert(time.elapsed() <= 1000, `the other call waited ${time.elapsed()} ms`);
  });
});

Deno.test("13.10 a wait that the server asks for holds the other calls back for retry.maxServerWait at most", async () => {
  for (const status of [429, 503]) {
    for (const [maxServerWait, waited] of [["1h", 600_000], ["9m", 540_000], [0, 0]] as const) {
      await withFakeTime(async (time) => {
        let requests = 0;
        const fetch: Fetch = () =>
          Promise.resolve(
            ++requests === 1
              ? new Response("", { status, headers: { "retry-after": "600" } })
              : Response.json({ id: "a" }),
          );
        const client = new Client({ auth: "r8_test", fetch, retry: { maxServerWait } });
        const first = client.predictions.get("abc").catch((error: unknown) => error);
        await time.tick(100);
        await client.predictions.get("abc");
        const elapsed = time.elapsed();
        assert(Math.abs(elapsed - waited) <= 1000, `${status}, ${maxServerWait}: ${elapsed} ms`);
        assertEquals(await first instanceof ApiError, waited < 600_000);
      });
    }
  }
});

Deno.test("13.10 a Retry-After of an hour or a year is an error at once, which says so", async () => {
  for (const wait of ["3600", "31536000"]) {
    await withFakeTime(async (time) => {
      const fetch: Fetch = () =>
        Promise.resolve(new Response("", { status: 429, headers: { "retry-after": wait } }));
      const client = new Client({ auth: "r8_test", fetch, timeout: "5s" });
      const error = await rejection(client.predictions.get("abc"));
      assert(error instanceof RateLimitError && error.retryAfter === Number(wait) * 1000);
      assert(error.message.includes(`it asks to wait ${wait} s`), error.message);
      assertEquals(time.elapsed(), 0);
    });
  }
});

Deno.test("13.11 a JSON answer is read to a bound", async () => {
  let sent = 0;
  const chunk = new Uint8Array(1024 * KiB).fill(32);
  const fetch: Fetch = () =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          pull(controller) {
            sent += chunk.length;
            controller.enqueue(chunk);
          },
        }, { highWaterMark: 0 }),
      ),
    );
  const client = new Client({ auth: "r8_test", fetch });
  const error = await rejection(client.predictions.get("abc"));
  assert(error instanceof ApiError && /more than \d+ bytes/.test(error.message), error.message);
  assert(sent < 80 * 1024 * KiB, `${sent} bytes were read`);
});

Deno.test("13.11 an answer that is JSON of 200,000 levels is no crash, and its text can be had", async () => {
  const depth = 200_000;
  const text = `{"id":"a","output":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  const client = new Client({ auth: "r8_test", fetch: () => Promise.resolve(new Response(text)) });
  const answer = await client.predictions.get("abc").catch((error) => error);
  // Engines differ in whether they can parse it.
  if (answer instanceof Error) {
    assert(answer instanceof ApiError && answer.body.length === text.length, String(answer));
  } else assertEquals(answer.id, "a");
});
