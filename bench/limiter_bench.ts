/**
 * The time in which 100 calls at once recover from refusals, over a real socket:
 * `deno run --allow-all bench/limiter_bench.ts`.
 *
 * Prints seconds, requests and calls that failed for `client.predictions.get`, for
 * `client.predictions.create`, and for a shared gate: each call sends at once, and whoever is refused
 * closes the gate for all until the time that the server named. Each case is a server of its own.
 */

import { Client } from "../mod.ts";

const COUNT = 100;

/** The seconds to wait for, or `undefined` for a request that is admitted. */
type Judge = () => number | undefined;

function outage(ms: number, wait: number): Judge {
  const start = performance.now();
  return () => performance.now() - start < ms ? wait : undefined;
}

function firstRejected(count: number): Judge {
  let requests = 0;
  return () => ++requests <= count ? 1 : undefined;
}

function bucket(perSecond: number, burst: number): Judge {
  let tokens = burst;
  let at = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + (now - at) * perSecond / 1000);
    at = now;
    if (tokens < 1) return 1;
    tokens--;
    return undefined;
  };
}

const CASES: [string, () => Judge][] = [
  ["429 for 2 s, Retry-After: 2", () => outage(2000, 2)],
  ["the first 100 rejected, Retry-After: 1", () => firstRejected(100)],
  ["20 a second, burst 20", () => bucket(20, 20)],
];

/** Makes one call, and throws if it failed. */
type Caller = (url: string) => () => Promise<unknown>;

const CALLERS: [string, Caller][] = [
  ["predictions.get", (url) => {
    const client = new Client({ auth: "r8_bench", baseUrl: url });
    return () => client.predictions.get("abc");
  }],
  ["predictions.create", (url) => {
    const client = new Client({ auth: "r8_bench", baseUrl: url });
    return () => client.predictions.create({ version: "abc", input: {} });
  }],
  ["a shared gate", (url) => {
    let opensAt = 0;
    return async () => {
      for (let attempt = 0; attempt < 4; attempt++) {
        for (let wait; (wait = opensAt - performance.now()) > 0;) {
          await new Promise((resolve) => setTimeout(resolve, wait));
        }
        const response = await fetch(`${url}/predictions/abc`);
        await response.text();
        if (response.ok) return;
        const seconds = Number(response.headers.get("retry-after"));
        opensAt = Math.max(opensAt, performance.now() + seconds * 1000);
      }
      throw new Error("4 attempts failed");
    };
  }],
];

console.log("100 calls at once".padEnd(42), "caller".padEnd(20), "seconds requests failed");
for (const [name, judgeOf] of CASES) {
  for (const [caller, callerOf] of CALLERS) {
    let requests = 0;
    const judge = judgeOf();
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      requests++;
      const wait = judge();
      return wait === undefined
        ? Response.json({ id: "abc", status: "succeeded", urls: {} })
        : Response.json({ detail: "slow down" }, {
          status: 429,
          headers: { "retry-after": `${wait}` },
        });
    });
    const call = callerOf(`http://127.0.0.1:${server.addr.port}/v1`);
    const start = performance.now();
    const results = await Promise.allSettled(Array.from({ length: COUNT }, call));
    const seconds = ((performance.now() - start) / 1000).toFixed(2);
    const failed = results.filter(({ status }) => status === "rejected").length;
    console.log(
      name.padEnd(42),
      caller.padEnd(20),
      seconds.padStart(7),
      String(requests).padStart(8),
      String(failed).padStart(6),
    );
  }
}
