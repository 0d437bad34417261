/** Streams of events as a caller reads them, against eventsource-parser's stream. */

import { minimal } from "../minimal_reader.ts";
import { prediction, singleChunks, tokenChunks, TOKENS, tokens } from "./data.ts";
import type { Comparison, Contender } from "./measure.ts";
import type { Libraries } from "./peers.ts";

type Chunks = Uint8Array<ArrayBuffer>[];
type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** The characters of the event that is large. */
const LARGE = 4 * 1024 * 1024;

function streamOf(chunks: Chunks): Body {
  let next = 0;
  return new ReadableStream({
    pull(controller): void {
      const chunk = chunks[next++];
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

/** A `fetch` that creates a job, and streams its events from memory. */
function fetchOf(chunks: Chunks): typeof fetch {
  const stream = "https://stream.replicate.com/v1/files/x";
  const job = JSON.stringify({
    ...prediction(),
    status: "processing",
    output: null,
    urls: { ...prediction().urls, stream },
  });
  const events = { headers: { "content-type": "text/event-stream" } };
  const created = { status: 201, headers: { "content-type": "application/json" } };
  return (input) =>
    Promise.resolve(
      String(input) === stream
        ? new Response(streamOf(chunks), events)
        : new Response(job, created),
    );
}

interface Event {
  event?: string;
  data: string;
}

/** What a reader got: the number of outputs, and their characters. */
type Got = [count: number, length: number];

async function drain(events: AsyncIterable<Event>): Promise<Got> {
  let count = 0;
  let length = 0;
  for await (const { event, data } of events) {
    if (event !== "output") continue;
    count++;
    // The official client gives a list of one text.
    length += String(data).length;
  }
  return [count, length];
}

async function parsed(body: Body, it: Libraries): Promise<Got> {
  const text = new TextDecoderStream() as unknown as ReadableWritablePair<
    string,
    Uint8Array<ArrayBuffer>
  >;
  const reader = body.pipeThrough(text).pipeThrough(new it.ParserStream()).getReader();
  let count = 0;
  let length = 0;
  for (let step; !(step = await reader.read()).done;) {
    if (step.value.event !== "output") continue;
    count++;
    length += step.value.data.length;
  }
  return [count, length];
}

function checkOf(count: number, length: number): Comparison["check"] {
  return (result, who) => {
    const [gotCount, gotLength] = result as Got;
    if (gotCount === count && gotLength === length) return;
    throw new Error(`${who} gave ${result}, and not ${[count, length]}`);
  };
}

/** The comparisons of streams. */
export function streamsOf(url: string, it: Libraries, scale: number): Comparison[] {
  const isQuick = scale === 0;
  const inMemory = (chunks: Chunks, isLong = false): Contender[] => {
    const fetch = fetchOf(chunks);
    const ours = it.oursWith(fetch);
    const official = it.officialWith(fetch);
    const isLarge = chunks.length < TOKENS;
    return [
      { name: "eventsource-parser", run: () => parsed(streamOf(chunks), it) },
      { name: "x/replicate", run: () => drain(ours.stream("acme/poet", { input: {} })) },
      ...isLong ? [] : [{ name: "by hand", run: () => drain(minimal(streamOf(chunks))) }],
      // It takes 10 to 1000 times as long, most where chunks are large.
      ...isQuick && isLarge ? [] : [{
        name: "replicate",
        once: true,
        run: () => drain(official.stream("acme/poet", { input: {} })),
      }],
    ];
  };
  const socket = async (): Promise<Body> => (await fetch(`${url}/stream`)).body as Body;
  const texts = tokens();
  const large = [`event: output\nid: 1:0\ndata: ${"x".repeat(LARGE)}\n\n`, texts.at(-1)!];
  const common = { as: "rate", of: "cpu", times: 1 + scale, rounds: 5 + 8 * scale } as const;
  const check = checkOf(TOKENS, TOKENS * "token of 20 bytes: 0".length);
  return [
    {
      ...common,
      name: "stream, 64 kB chunks",
      check,
      contenders: inMemory(tokenChunks(texts, 64 * 1024)),
    },
    {
      ...common,
      name: "stream, an event a chunk",
      check,
      contenders: inMemory(singleChunks(texts)),
    },
    {
      ...common,
      name: "stream, a socket",
      check,
      contenders: [
        { name: "eventsource-parser", run: async () => await parsed(await socket(), it) },
        { name: "x/replicate", run: () => drain(it.ours.stream("acme/poet", { input: {} })) },
        { name: "by hand", run: async () => await drain(minimal(await socket())) },
      ],
    },
    {
      ...common,
      name: "one event of 4 MB, 16 kB chunks",
      as: "time",
      check: checkOf(1, LARGE),
      contenders: inMemory(tokenChunks(large, 16 * 1024), true),
    },
  ];
}
