/**
 * The event-stream reader against two others, in one run: `deno run --allow-all bench/sse_bench.ts`.
 *
 * Prints nanoseconds for an event and how many times as many events a second `parseSse()` gives.
 * The rounds of the three alternate, and the best of each counts: what disturbs a machine only slows.
 */

import { EventSourceParserStream } from "npm:eventsource-parser@4.1.3/stream";
import { parseSse } from "../src/http/sse.ts";
import { minimal } from "./minimal_reader.ts";

const EVENTS = 50_000;
const ROUNDS = 9;

type Drain = (stream: ReadableStream<Uint8Array>) => Promise<number>;

/** The shapes of a stream: how many events a chunk has, and how many words an event. */
const SHAPES: [name: string, eventsPerChunk: number, words: number][] = [
  ["a token, one event a chunk", 1, 1],
  ["a token, 20 events a chunk", 20, 1],
  ["a token, 64 KB a chunk", 1300, 1],
  ["a sentence, one event a chunk", 1, 20],
  ["a sentence, 64 KB a chunk", 400, 20],
];

const READERS: Record<string, Drain> = {
  ours: (stream) => count(parseSse(stream)),
  minimal: (stream) => count(minimal(stream)),
  "eventsource-parser": async (stream) => {
    const text = new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>;
    const reader = stream.pipeThrough(text).pipeThrough(new EventSourceParserStream()).getReader();
    let events = 0;
    while (!(await reader.read()).done) events++;
    return events;
  },
};

async function count(events: AsyncIterable<unknown>): Promise<number> {
  let number = 0;
  for await (const _ of events) number++;
  return number;
}

function eventText(index: number, words: number): string {
  return `event: output\nid: 1760000001:${index}\ndata: ${"token ".repeat(words)}\n\n`;
}

function chunksOf(eventsPerChunk: number, words: number): Uint8Array[] {
  const encoder = new TextEncoder();
  const chunks: Uint8Array[] = [];
  for (let first = 0; first < EVENTS; first += eventsPerChunk) {
    const length = Math.min(eventsPerChunk, EVENTS - first);
    const texts = Array.from({ length }, (_, i) => eventText(first + i, words));
    chunks.push(encoder.encode(texts.join("")));
  }
  return chunks;
}

function streamOf(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks[next++];
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

async function compare(name: string, eventsPerChunk: number, words: number): Promise<void> {
  const chunks = chunksOf(eventsPerChunk, words);
  const best = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [reader, drain] of Object.entries(READERS)) {
      const start = performance.now();
      const events = await drain(streamOf(chunks));
      const time = (performance.now() - start) * 1e6 / EVENTS;
      if (events !== EVENTS) throw new Error(`${reader} gave ${events} of ${EVENTS} events`);
      best.set(reader, Math.min(time, best.get(reader) ?? Infinity));
    }
  }
  const ours = best.get("ours")!;
  const times = [...best].map(([reader, time]) => `${reader} ${time.toFixed(0)} ns`);
  const ratios = [...best].slice(1).map(([reader, time]) =>
    `${(time / ours).toFixed(2)} x ${reader}`
  );
  console.log(`${name.padEnd(30)} ${ratios.join(", ").padEnd(46)} (${times.join(", ")})`);
}

/**
 * Drains one chunk, while a timer tells the longest time that nothing else could run: the median of
 * the rounds, as the machine has pauses of its own.
 */
async function burst(name: string, chunk: string): Promise<void> {
  const bytes = new TextEncoder().encode(chunk);
  let fastest = Infinity;
  const stalls: number[] = [];
  let events = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let timer = 0;
    let last = performance.now();
    let stall = 0;
    const tick = (): void => {
      const now = performance.now();
      stall = Math.max(stall, now - last);
      last = now;
      timer = setTimeout(tick, 0) as unknown as number;
    };
    tick();
    const start = performance.now();
    events = await count(parseSse(streamOf([bytes])));
    fastest = Math.min(fastest, performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 5));
    clearTimeout(timer);
    stalls.push(stall);
  }
  const size = `${(bytes.length / 1024).toFixed(0)} KB, ${events} events`;
  const [least, median, most] = [0, ROUNDS >> 1, ROUNDS - 1].map((at) =>
    stalls.toSorted((a, b) => a - b)[at]!.toFixed(1)
  );
  const times = `${fastest.toFixed(1)} ms, longest stall ${median} ms (${least} to ${most})`;
  console.log(`${name.padEnd(30)} ${size}: ${times}`);
}

if (import.meta.main) {
  for (const shape of SHAPES) await compare(...shape);
  await burst("5,000 events in one chunk", `data: ${"x".repeat(29)}\n\n`.repeat(5000));
  await burst("a burst of tokens", "event: output\nid: 1:0\ndata: Rain\n\n".repeat(7490));
  await burst("a burst of the least events", "data\n\n".repeat(43_690));
  await burst("a burst of one event", `data: ${"x".repeat(256 * 1024)}\n\n`);
  await burst("a burst of one-line data", `${"data\n".repeat(52_000)}\n`);
}
