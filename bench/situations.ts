/**
 * Behaviour of this library and of other clients in the same situations, for the table in the README. Each
 * client is asked by its own API, with a `fetch` that plays the server.
 *
 * `deno run -A bench/situations.ts`
 *
 * @module
 */

import Replicate from "npm:replicate@1.4.0";
import { createFalClient } from "npm:@fal-ai/client@1.10.1";
import { Client } from "../mod.ts";
import { FakeReplicate, type Fault } from "../src/testing/mod.ts";

/** A client, as far as the situations need it. */
interface Peer {
  /** Runs a model, and gives whatever comes of it. */
  run(fetch: typeof globalThis.fetch, signal?: AbortSignal): Promise<unknown>;
  /** Reads a stream, and gives its text. */
  stream?(fetch: typeof globalThis.fetch): Promise<string>;
}

const input = { prompt: "a fig" };
const PEERS: Record<string, Peer> = {
  "@x/replicate": {
    run: (fetch, signal) =>
      new Client({ auth: "r8_x", fetch }).run("acme/poet", { input, ...(signal && { signal }) }),
    async stream(fetch) {
      let text = "";
      const stream = new Client({ auth: "r8_x", fetch }).stream("acme/poet", { input });
      for await (const piece of stream.text()) text += piece;
      return text;
    },
  },
  "replicate 1.4.0": {
    run: (fetch, signal) =>
      new Replicate({ auth: "r8_x", fetch }).run("acme/poet", { input, ...(signal && { signal }) }),
    async stream(fetch) {
      let text = "";
      for await (
        const event of new Replicate({ auth: "r8_x", fetch }).stream("acme/poet", { input })
      ) text += String(event);
      return text;
    },
  },
  "@fal-ai/client 1.10.1": {
    run: (fetch, signal) =>
      createFalClient({ credentials: "key", fetch }).subscribe("acme/poet", {
        input,
        ...(signal && { abortSignal: signal }),
      }),
  },
};

/** The queue of fal, as far as a run needs it: a run that takes for ever. */
function falQueue(log: string[]): typeof fetch {
  return (request, init) => {
    const url = new URL(request instanceof Request ? request.url : request);
    const method = init?.method ?? "GET";
    log.push(`${method} ${url.pathname}`);
    init?.signal?.throwIfAborted();
    const status = url.pathname.endsWith("/status") ? "IN_PROGRESS" : "IN_QUEUE";
    return Promise.resolve(Response.json({ status, request_id: "r1" }));
  };
}

/** A fake of Replicate whose model takes a minute, unless `run` says otherwise. */
function replicate(faults: Fault[], run?: () => unknown): FakeReplicate {
  return new FakeReplicate({
    models: { "acme/poet": { official: true, run: run ?? ((_, job) => job.sleep(60_000)) } },
    faults,
  });
}

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "succeeds";
  } catch (error) {
    return `throws ${(error as Error).name}`;
  }
}

/** A connection that breaks after the server has accepted the create. */
async function lostAnswer(peer: Peer): Promise<string> {
  let creates = 0;
  const fetch = (_: unknown, init?: RequestInit): Promise<Response> => {
    if (init?.method === "POST") creates++;
    const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    return Promise.reject(new TypeError("fetch failed", { cause }));
  };
  await outcome(peer.run(fetch as typeof globalThis.fetch));
  return `${creates} create${creates === 1 ? "" : "s"} sent`;
}

/** A server that says twice: 429, come again in 2 s. */
async function throttled(peer: Peer): Promise<string> {
  const since = performance.now();
  let creates = 0;
  const fetch = (url: unknown, init?: RequestInit): Promise<Response> => {
    if (init?.method === "POST") creates++;
    const early = performance.now() - since < 2000;
    if (early) {
      const init = { status: 429, headers: { "retry-after": "2" } };
      return Promise.resolve(Response.json({ detail: "slow down" }, init));
    }
    const status = /fal\.run/.test(String(url)) ? "COMPLETED" : "succeeded";
    const record = { id: "p1", request_id: "p1", status, output: "ok", urls: {} };
    return Promise.resolve(Response.json(record, { status: 201 }));
  };
  const late = new Promise<string>((resolve) => setTimeout(resolve, 9000, "goes on"));
  const end = await Promise.race([outcome(peer.run(fetch as typeof globalThis.fetch)), late]);
  return `${end} after ${creates} creates`;
}

/** A caller who leaves 500 ms after the start. */
async function left(name: string, peer: Peer): Promise<string> {
  const log: string[] = [];
  const fake = replicate([]);
  const fetch = name.startsWith("@fal") ? falQueue(log) : fake.fetch;
  const controller = new AbortController();
  let abortedAt = 0;
  setTimeout(() => {
    abortedAt = performance.now();
    controller.abort();
  }, 500);
  const work = outcome(peer.run(fetch, controller.signal));
  const late = new Promise<string>((resolve) => setTimeout(resolve, 15_500, "waits on for 15 s"));
  const end = await Promise.race([work, late]);
  const ms = Math.round(performance.now() - abortedAt);
  // A create is held by the server for up to 10 s, and canceled by its answer.
  await new Promise((resolve) => setTimeout(resolve, 15_000 - ms));
  const cancels = fake.cancels.length + log.filter((it) => it.endsWith("/cancel")).length;
  await fake[Symbol.asyncDispose]();
  const when = end.startsWith("waits") ? end : `${end} after ${ms} ms`;
  return `${when}, ${cancels} cancel${cancels === 1 ? "" : "s"}`;
}

/** A stream that ends in the middle of its text, as Replicate's do after 30 s of silence. */
async function cut(peer: Peer): Promise<string> {
  if (!peer.stream) return "-";
  const fake = replicate([], () => ["Rain ", "taps ", "the ", "roof ", "all ", "night"]);
  let cuts = 0;
  const fetch: typeof globalThis.fetch = async (request, init) => {
    const answer = await fake.fetch(request, init);
    const type = answer.headers.get("content-type") ?? "";
    if (!type.includes("event-stream") || cuts++ > 0) return answer;
    return new Response((await answer.text()).slice(0, 150), { headers: { "content-type": type } });
  };
  const text = await peer.stream(fetch).catch((error: Error) => `throws ${error.message}`);
  return text === "Rain taps the roof all night" ? "the whole text" : `ends with "${text}"`;
}

/** A run that ends as `aborted`, which is a status of the API since 2025. */
async function aborted(name: string, peer: Peer): Promise<string> {
  if (name.startsWith("@fal")) return "-";
  let polls = 0;
  const record = (status: string): Response =>
    Response.json({
      id: "p1",
      status,
      urls: { get: "https://api.replicate.com/v1/predictions/p1" },
    });
  const fetch = (_: unknown, init?: RequestInit): Promise<Response> => {
    if (init?.method === "POST") return Promise.resolve(record("starting"));
    polls++;
    return Promise.resolve(record("aborted"));
  };
  const work = outcome(peer.run(fetch as typeof globalThis.fetch));
  const late = new Promise<string>((resolve) => setTimeout(resolve, 5000, "polls on"));
  return `${await Promise.race([work, late])} after ${polls} poll${polls === 1 ? "" : "s"}`;
}

/** A burst of 256 kB of tokens, and the longest time in which nothing else could run meanwhile. */
async function burst(peer: Required<Peer>): Promise<number> {
  const fake = replicate([], () => ["x"]);
  const event = (n: number): string => `event: output\nid: 1:${n}\ndata: token ${n} of\n\n`;
  const events = Array.from({ length: 6_000 }, (_, n) => event(n)).join("").slice(0, 256_000);
  const whole = `${events.slice(0, events.lastIndexOf("\n\n") + 2)}event: done\ndata: {}\n\n`;
  const fetch: typeof globalThis.fetch = async (request, init) => {
    const answer = await fake.fetch(request, init);
    const type = answer.headers.get("content-type") ?? "";
    if (!type.includes("event-stream")) return answer;
    await answer.body?.cancel();
    return new Response(whole, { headers: { "content-type": type } });
  };
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await outcome(peer.stream(fetch));
  clearInterval(timer);
  return Math.round(Math.max(longest, performance.now() - last));
}

/** The better one of two, as the first one is slower, and the machine has pauses of its own. */
async function bestBurst({ run, stream }: Peer): Promise<string> {
  if (!stream) return "-";
  const peer = { run, stream };
  return `${Math.min(await burst(peer), await burst(peer))} ms`;
}

for (const [name, peer] of Object.entries(PEERS)) {
  console.log(`\n${name}`);
  console.log("  answer to a create lost:", await lostAnswer(peer));
  console.log("  429 for 2 s:            ", await throttled(peer));
  console.log("  caller leaves:          ", await left(name, peer));
  console.log("  stream cut:             ", await cut(peer));
  console.log("  256 kB burst, stall:    ", await bestBurst(peer));
  console.log("  run aborted:            ", await aborted(name, peer));
}
Deno.exit();
