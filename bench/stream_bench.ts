/**
 * `client.stream()` as a user reads it, against eventsource-parser's stream, from memory and in one run:
 * `deno run --allow-all bench/stream_bench.ts`, or on Node and Bun `bench/stream_bench.ts npm` with the
 * built package.
 *
 * Prints how many times as many events a second we give. Rounds alternate, and the best of each counts.
 */

import { EventSourceParserStream } from "npm:eventsource-parser@4.1.3/stream";
import { Client } from "../mod.ts";

const EVENTS = 20_000;
const ROUNDS = 9;

/** The shapes of a stream: tokens of 20 bytes in large chunks, and one event a chunk. */
const SHAPES: Record<string, number> = { "64 kB a chunk": 1100, "one event a chunk": 1 };

function chunksOf(perChunk: number): Uint8Array<ArrayBuffer>[] {
  const encoder = new TextEncoder();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < EVENTS; at += perChunk) {
    let text = "";
    for (let n = at; n < Math.min(at + perChunk, EVENTS); n++) {
      text += `event: output\nid: 1760000000:${n}\ndata: token of 20 bytes ${n % 10}\n\n`;
    }
    chunks.push(encoder.encode(text));
  }
  chunks.push(encoder.encode(`event: done\nid: 1760000000:${EVENTS}\ndata: {}\n\n`));
  return chunks;
}

function streamOf(chunks: Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  const left = chunks.values();
  return new ReadableStream({
    pull(controller): void {
      const { done, value } = left.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

const job = {
  id: "k7m2x9q4tdrma0cz8w1ve5hjn0",
  status: "processing",
  urls: {
    get: "https://api.replicate.com/v1/predictions/k7m2x9q4tdrma0cz8w1ve5hjn0",
    stream: "https://stream.example.com/x",
  },
};

async function ours(chunks: Uint8Array<ArrayBuffer>[]): Promise<number> {
  const fetch = (input: string | URL | Request): Promise<Response> =>
    Promise.resolve(
      String(input).startsWith("https://stream.")
        ? new Response(streamOf(chunks), { headers: { "content-type": "text/event-stream" } })
        : Response.json(job, { status: 201 }),
    );
  const client = new Client({ auth: "r8_bench", fetch });
  let count = 0;
  for await (const { event } of client.stream("acme/poet", { input: {} })) {
    if (event === "output") count++;
  }
  return count;
}

async function theirs(chunks: Uint8Array<ArrayBuffer>[]): Promise<number> {
  const text = new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>;
  const events = streamOf(chunks).pipeThrough(text).pipeThrough(new EventSourceParserStream());
  const reader = events.getReader();
  let count = 0;
  for (let step; !(step = await reader.read()).done;) if (step.value.event === "output") count++;
  return count;
}

const readers = { ours, theirs };
for (const [name, perChunk] of Object.entries(SHAPES)) {
  const chunks = chunksOf(perChunk);
  const best: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [who, read] of Object.entries(readers)) {
      const begun = performance.now();
      const count = await read(chunks);
      if (count !== EVENTS) throw new Error(`${who} gave ${count} events of ${EVENTS}`);
      best[who] = Math.min(best[who] ?? Infinity, performance.now() - begun);
    }
  }
  const perEvent = (who: string): string => (best[who]! * 1e6 / EVENTS).toFixed(0);
  console.log(
    `${name.padEnd(20)} ${(best.theirs! / best.ours!).toFixed(2)} x eventsource-parser   ` +
      `(ours ${perEvent("ours")} ns an event, theirs ${perEvent("theirs")} ns)`,
  );
}
