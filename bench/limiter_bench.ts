/**
 * The time in which 100 calls at once recover from refusals, over a real socket:
 * `deno run --allow-all bench/limiter_bench.ts`.
 *
 * Gives seconds, requests and calls that failed for `client.predictions.get`, for
 * `client.predictions.create`, for a shared gate, and for peers. At the gate each call sends at once, and
 * whoever is refused closes it for all until the time that the server named. Each case is a server of
 * its own.
 */

import { Client } from "../mod.ts";
import { type Ky, PEERS } from "./user/peers.ts";

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

/** How the calls of one caller fared in one case. */
export interface RecoveryResult {
  name: string;
  caller: string;
  seconds: number;
  requests: number;
  failed: number;
}

/** Runs each case with each caller; with `isQuick`, ours alone. */
export async function measureRecovery(isQuick: boolean): Promise<RecoveryResult[]> {
  const results: RecoveryResult[] = [];
  for (const [name, judgeOf] of CASES) {
    for (
      const [caller, callerOf] of isQuick ? CALLERS.slice(0, 1) : [...CALLERS, ...await peers()]
    ) {
      results.push({ name, caller, ...await recover(judgeOf(), callerOf) });
    }
  }
  return results;
}

async function recover(
  judge: Judge,
  callerOf: Caller,
): Promise<Pick<RecoveryResult, "seconds" | "requests" | "failed">> {
  let requests = 0;
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
  const settled = await Promise.allSettled(Array.from({ length: COUNT }, call));
  return {
    seconds: (performance.now() - start) / 1000,
    requests,
    failed: settled.filter(({ status }) => status === "rejected").length,
  };
}

/** The official client and ky. By names put together here: a type checker would load Node's types. */
async function peers(): Promise<[string, Caller][]> {
  const { default: Replicate } = await import(`npm:replicate@${PEERS.replicate}`);
  const { default: ky }: { default: Ky } = await import(`npm:ky@${PEERS.ky}`);
  return [
    ["replicate", (url) => {
      const client = new Replicate({ auth: "r8_bench", baseUrl: url });
      return () => client.predictions.get("abc");
    }],
    ["ky", (url) => () => ky(`${url}/predictions/abc`).json()],
  ];
}

if (import.meta.main) {
  console.log("100 calls at once".padEnd(42), "caller".padEnd(20), "seconds requests failed");
  for (const { name, caller, seconds, requests, failed } of await measureRecovery(false)) {
    console.log(
      name.padEnd(42),
      caller.padEnd(20),
      seconds.toFixed(2).padStart(7),
      String(requests).padStart(8),
      String(failed).padStart(6),
    );
  }
}
