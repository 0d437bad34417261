/** The time that the limiter takes to open up again after refusals of all kinds; time is virtual. */

import { assert, assertEquals } from "@std/assert";
import { Limiter } from "../../src/http/limiter.ts";
import type { Bucket } from "../../src/http/options.ts";
import type { Answer } from "../../src/http/types.ts";
import { call, inVirtualTime, random } from "./limiter_world.ts";

/** The seconds for which a request has to wait, by its time and number; `undefined` if it is admitted. */
type Judge = (ms: number, number: number) => number | undefined;

interface Outcome {
  seconds: number;
  requests: number;
  mostPerCall: number;
}

/** So many calls at once, of a server that says nothing but `Retry-After`. */
function callMany(
  judge: Judge,
  { count = 100, bucket = "create" as Bucket, latency = (): number => 2 } = {},
): Promise<Outcome> {
  return inVirtualTime(async (world) => {
    const limiter = new Limiter();
    let requests = 0;
    const fetch = async (): Promise<Answer> => {
      const way = latency() / 2;
      await world.sleep(way);
      const wait = judge(world.elapsed, ++requests);
      await world.sleep(way);
      const retryAfter = wait === undefined ? undefined : wait * 1000;
      return { status: wait === undefined ? 200 : 429, headers: new Headers(), retryAfter };
    };
    const one = (): Promise<number> => call(world, limiter, fetch, bucket);
    const tries = await Promise.all(Array.from({ length: count }, one));
    assertEquals(world.timers, 0);
    return { seconds: world.elapsed / 1000, requests, mostPerCall: Math.max(...tries) };
  });
}

/** A server with so many tokens a second. */
function bucketOf(rate: number, burst: number, wait = 1): Judge {
  let tokens = burst;
  let at = 0;
  return (ms) => {
    tokens = Math.min(burst, tokens + (ms - at) * rate / 1000);
    at = ms;
    if (tokens < 1) return wait;
    tokens--;
    return undefined;
  };
}

/** Refuses a share of all requests at random. */
function shareOf(share: number): Judge {
  const next = random(3);
  return () => next() < share ? 1 : undefined;
}

/** Name, server, and the most seconds and requests for 100 calls; each call may fail 3 times. */
const CASES: [string, () => Judge, number, number][] = [
  ["2 s of 429 with Retry-After: 2", () => (ms) => ms < 2000 ? 2 : undefined, 4.5, 130],
  ["10 s of 429 with Retry-After: 1", () => (ms) => ms < 10_000 ? 1 : undefined, 12, 320],
  ["30 s of 429 with Retry-After: 1", () => (ms) => ms < 30_000 ? 1 : undefined, 32, 340],
  ["the first 100 rejected", () => (_, number) => number <= 100 ? 1 : undefined, 5, 200],
  ["the first 200 rejected", () => (_, number) => number <= 200 ? 1 : undefined, 6, 300],
  ["every 5th rejected", () => (_, number) => number % 5 === 0 ? 1 : undefined, 30, 125],
  ["10 % rejected at random", () => shareOf(0.1), 10, 115],
  ["20 a second, burst 20", () => bucketOf(20, 20), 5, 125],
  ["5 a second, burst 5", () => bucketOf(5, 5), 22, 125],
  ["50 a second, burst 1", () => bucketOf(50, 1), 15, 125],
];

for (const [name, judge, seconds, requests] of CASES) {
  Deno.test(`16.3 Limiter opens up again as fast as it closed: ${name}`, async () => {
    for (const bucket of ["create", "read"] as const) {
      for (const latency of [0, 2, 40]) {
        const result = await callMany(judge(), { bucket, latency: () => latency });
        const shown = `${bucket}, ${latency} ms: ${JSON.stringify(result)}`;
        assert(result.mostPerCall <= 4, shown);
        assert(result.seconds <= seconds && result.requests <= requests, shown);
      }
    }
  });
}

Deno.test("16.3 Limiter lets no call run out of attempts at a slow server that always says Retry-After: 1", async () => {
  for (const bucket of ["create", "read"] as const) {
    const result = await callMany(bucketOf(0.1, 1), { count: 20, bucket });
    assert(result.mostPerCall <= 4 && result.seconds < 250, JSON.stringify(result));
  }
});

Deno.test("16.3 Limiter tries more at once only with calls that can afford to be refused", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter();
    const sent: number[] = [];
    const refuse = async (spare: number): Promise<void> => {
      const turn = await limiter.acquire("create", { spare });
      sent.push(spare);
      limiter.observe(turn, { status: 429, headers: new Headers(), retryAfter: 1000 });
      limiter.release(turn);
    };
    await refuse(3);
    await refuse(3);
    const all = [0, 1, 2, 3, 1, 2].map(refuse);
    await world.sleep(1500);
    assertEquals(sent, [3, 3, 2, 3, 2]);
    await Promise.all(all);
    assertEquals(sent.length, 8);
  });
});
