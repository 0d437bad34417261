/**
 * What a call adds to a bare `fetch` that answers from memory: `deno run bench/call_bench.ts`.
 *
 * Prints microseconds a call, the median of rounds in which both take turns.
 */

import { createSend } from "../src/http/send.ts";
import { PredictionsApi } from "../src/resources/predictions.ts";

const BODY = JSON.stringify({ id: "k7m2x9q4tdrma0cz8w1ve5hjn0", status: "starting", urls: {} });
const ROUNDS = 15;
const CALLS = 2000;

const fetch = (): Promise<Response> =>
  Promise.resolve(new Response(BODY, { headers: { "content-type": "application/json" } }));
const predictions = new PredictionsApi(createSend({ auth: "r8_bench", fetch }));

const cases: Record<string, () => Promise<unknown>> = {
  "bare fetch and json()": async () => await (await fetch()).json(),
  "predictions.get": () => predictions.get("k7m2x9q4tdrma0cz8w1ve5hjn0"),
  "predictions.create": () => predictions.create({ version: "acme/x", input: { prompt: "a fig" } }),
};

const times: Record<string, number[]> = {};
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, call] of Object.entries(cases)) {
    const begun = performance.now();
    for (let count = 0; count < CALLS; count++) await call();
    (times[name] ??= []).push((performance.now() - begun) * 1000 / CALLS);
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
const base = median(times["bare fetch and json()"] ?? []);
for (const [name, values] of Object.entries(times)) {
  const value = median(values);
  console.log(`${name.padEnd(24)} ${value.toFixed(1)} us   +${(value - base).toFixed(1)} us`);
}
