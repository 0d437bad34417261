/**
 * What a batch of 10,000 inputs costs: `deno run --allow-all --v8-flags=--expose-gc bench/batch_bench.ts`.
 *
 * Prints microseconds for an input over an in-memory `fetch` that ends each prediction at once, and how
 * much the heap has grown from the 2,000th input to the last. `run()` in 16 hand-written loops is what
 * it is compared with. The rounds alternate, and the best of each counts.
 */

import { type BatchOptions, Client } from "../mod.ts";
import { fileStore } from "../src/stores/mod.ts";

const COUNT = 10_000;
const ROUNDS = 3;
const PROMPT = "a fig on a blue plate ".repeat(20);

let created = 0;
const fetch: typeof globalThis.fetch = (_, init) => {
  if (init?.method === "GET") return Promise.resolve(Response.json({ is_official: true }));
  const id = `p${created++}`;
  return Promise.resolve(Response.json({
    id,
    model: "acme/x",
    version: "hidden",
    status: "succeeded",
    input: { prompt: PROMPT },
    output: PROMPT,
    metrics: { predict_time: 1 },
    created_at: "2026-01-02T03:04:05Z",
    urls: { get: "", cancel: "" },
  }, { status: 201 }));
};
const client = new Client({ auth: "r8_bench", fetch, limiter: false });

function* inputs(): Generator<{ prompt: string; n: number }> {
  for (let n = 0; n < COUNT; n++) yield { prompt: PROMPT, n };
}

/** What is to be measured: calls back for each input that is settled. */
type Way = (settled: () => void) => Promise<void>;

const batch = (options: () => BatchOptions = () => ({})): Way => async (settled) => {
  for await (const _ of client.batch("acme/x", inputs(), options())) settled();
};

const folder = await Deno.makeTempDir();
let files = 0;
const WAYS: Record<string, Way> = {
  "run() in 16 loops": async (settled) => {
    const all = inputs();
    const loop = async (): Promise<void> => {
      for (const input of all) {
        await client.run("acme/x", { input, wait: false });
        settled();
      }
    };
    await Promise.all(Array.from({ length: 16 }, loop));
  },
  "batch()": batch(),
  "batch(), ordered": batch(() => ({ ordered: true })),
  "batch(), onProgress": batch(() => ({ onProgress: () => {} })),
  "batch(), fileStore without sync": batch(() => ({
    store: fileStore(`${folder}/${files++}.jsonl`, { sync: false }),
  })),
  "batch(), fileStore": batch(() => ({ store: fileStore(`${folder}/${files++}.jsonl`) })),
};

const { gc } = globalThis as { gc?: () => void };
const heap = (): number => {
  gc?.();
  return Deno.memoryUsage().heapUsed;
};

const best = new Map<string, { us: number; growth: number }>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, way] of Object.entries(WAYS)) {
    let settled = 0;
    let growth = 0;
    let paused = 0;
    const start = performance.now();
    await way(() => {
      if (++settled !== 2000 && settled !== COUNT) return;
      const at = performance.now();
      growth = heap() - growth;
      paused += performance.now() - at;
    });
    const us = (performance.now() - start - paused) / COUNT * 1000;
    const known = best.get(name);
    best.set(name, {
      us: Math.min(us, known?.us ?? Infinity),
      growth: Math.min(growth, known?.growth ?? Infinity),
    });
  }
}
await Deno.remove(folder, { recursive: true });

if (!gc) console.log("Without --v8-flags=--expose-gc the growth of the heap says little.");
for (const [name, { us, growth }] of best) {
  const kB = `${Math.round(growth / 1000)} kB`;
  console.log(name.padEnd(34), `${us.toFixed(0)} us`.padStart(8), kB.padStart(10));
}
