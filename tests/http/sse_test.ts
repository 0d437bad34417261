import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseSse } from "../../src/http/sse.ts";
import type { SseEvent } from "../../src/http/sse_parser.ts";

function bytesOf(input: string | Uint8Array): Uint8Array {
  return typeof input === "string" ? new TextEncoder().encode(input) : input;
}

function message(data: string, more: Partial<SseEvent> = {}): SseEvent {
  return { event: "message", data, lastEventId: "", ...more };
}

function streamOf(...chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(bytesOf(chunk));
      controller.close();
    },
  });
}

/** A stream that counts what is asked of it. */
function countingStream(chunk: (index: number) => string | undefined): {
  stream: ReadableStream<Uint8Array>;
  counts: { pulls: number; cancels: unknown[] };
} {
  const counts = { pulls: 0, cancels: [] as unknown[] };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const text = chunk(counts.pulls++);
      if (text === undefined) controller.close();
      else controller.enqueue(bytesOf(text));
    },
    cancel(reason) {
      counts.cancels.push(reason);
    },
  });
  return { stream, counts };
}

async function collect(events: AsyncIterable<SseEvent>): Promise<string[]> {
  const data: string[] = [];
  for await (const event of events) data.push(event.data);
  return data;
}

Deno.test("parseSse() gives the events of a stream, split anywhere", async () => {
  const bytes = bytesOf(
    "\uFEFF: hi\r\n\r\nid: 1\rdata: Räin ☔\rdata\r\rdata:  𝒯aps\n\ndata: lost\n",
  );
  const expected = [
    message("Räin ☔\n", { id: "1", lastEventId: "1" }),
    message(" 𝒯aps", { lastEventId: "1" }),
  ];
  for (let at = 0; at <= bytes.length; at++) {
    const events: SseEvent[] = [];
    const stream = streamOf(bytes.subarray(0, at), bytes.subarray(at));
    for await (const event of parseSse(stream)) events.push(event);
    assertEquals(events, expected, `cut at ${at}`);
  }
});

Deno.test("parseSse() tells comments and retry times, and goes on from an id", async () => {
  const comments: string[] = [];
  const delays: number[] = [];
  const events = parseSse(streamOf(": hi\n\nretry: 250\ndata: a\n\n"), {
    onComment: (comment) => comments.push(comment),
    onRetry: (delay) => delays.push(delay),
    lastEventId: "1:7",
  });
  assertEquals(await Array.fromAsync(events), [message("a", { lastEventId: "1:7" })]);
  assertEquals({ comments, delays }, { comments: ["hi"], delays: [250] });
});

Deno.test("parseSse() gives all events of a chunk of many slices in order", async () => {
  const count = 20_000;
  const text = Array.from({ length: count }, (_, i) => `data: ${i}\r\n\r\n`).join("");
  const events = await collect(parseSse(streamOf(text)));
  assertEquals(events.length, count);
  assert(events.every((data, i) => data === String(i)));
});

Deno.test("parseSse() gives an event that is larger than a slice", async () => {
  const data = "x☔".repeat(100_000);
  assertEquals(await collect(parseSse(streamOf(`data: ${data}\n\ndata: y\n\n`))), [data, "y"]);
});

Deno.test("parseSse() cancels the stream when the loop is left", async () => {
  const { stream, counts } = countingStream((i) => `data: ${i}a\n\ndata: ${i}b\n\n`);
  const events = parseSse(stream);
  for await (const event of events) if (event.data === "1a") break;
  assertEquals(counts.cancels, [undefined]);
  assertEquals(await events.next(), { done: true, value: undefined });
});

Deno.test("parseSse() cancels the stream once when its scope is left or an error is thrown in", async () => {
  const first = countingStream(() => "data: a\n\n");
  {
    await using events = parseSse(first.stream);
    await events.next();
    await events.return();
  }
  assertEquals(first.counts.cancels.length, 1);

  const second = countingStream(() => "data: a\n\n");
  const reason = new Error("no more");
  assertEquals(await assertRejects(() => parseSse(second.stream).throw(reason)), reason);
  assertEquals(second.counts.cancels, [reason]);
});

Deno.test("parseSse() is left in silence when the stream cannot be canceled", async () => {
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytesOf("data: a\n\n")),
    cancel: () => Promise.reject(new Error("cannot cancel")),
  });
  for await (const event of parseSse(stream)) {
    assertEquals(event.data, "a");
    break;
  }
});

Deno.test("parseSse() ends a call that waits when the loop is left", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stream = new ReadableStream<Uint8Array>({ pull: () => promise });
  const events = parseSse(stream);
  const waiting = [events.next(), events.next()];
  await events.return();
  for (const next of waiting) assertEquals(await next, { done: true, value: undefined });
  resolve();
});

Deno.test("parseSse() answers calls at the same time in order", async () => {
  const events = parseSse(streamOf("data: 1\n\nda", "ta: 2\n\n", "data: 3\n\ndata: 4\n\n"));
  const results = await Promise.all(Array.from({ length: 6 }, () => events.next()));
  assertEquals(results.map(({ value }) => value?.data), ["1", "2", "3", "4", undefined, undefined]);
});

Deno.test("parseSse() asks for no more while the consumer pauses", async () => {
  const { stream, counts } = countingStream((i) => `data: ${i}a\n\ndata: ${i}b\n\n`);
  const events = parseSse(stream);
  await settle();
  assertEquals(counts.pulls, 1, "the stream's own queue, before the first event");
  await events.next();
  await settle();
  assertEquals(counts.pulls, 2, "one chunk in use, one in the stream's queue");
  await events.next();
  await settle();
  assertEquals(counts.pulls, 2, "the last event of the chunk asks for nothing");
  await events.return();
});

Deno.test("parseSse() throws an error of the stream after the events before it", async () => {
  const reason = new TypeError("connection reset");
  let chunks = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (chunks++ === 0) controller.enqueue(bytesOf("data: 1\n\ndata: 2\n\ndata: 3"));
      else controller.error(reason);
    },
  }, { highWaterMark: 0 });
  const events = parseSse(stream);
  assertEquals((await events.next()).value?.data, "1");
  assertEquals((await events.next()).value?.data, "2");
  assertEquals(await assertRejects(() => events.next()), reason);
  assertEquals(await events.next(), { done: true, value: undefined });
});

Deno.test("parseSse() throws an event above the bound after the events before it", async () => {
  const { stream, counts } = countingStream(() => "data: 1\n\ndata: 2\n\ndata: too long\n\n");
  const events = parseSse(stream, { maxEventSize: 8 });
  assertEquals((await events.next()).value?.data, "1");
  assertEquals((await events.next()).value?.data, "2");
  const error = await assertRejects(() => events.next(), RangeError);
  assertEquals(counts.cancels, [error]);
  assertEquals(await events.next(), { done: true, value: undefined });
});

Deno.test("parseSse() throws the error of a callback", async () => {
  const reason = new Error("callback");
  const { stream, counts } = countingStream(() => "data: 1\n\n: hi\n\n");
  const events = parseSse(stream, {
    onComment: () => {
      throw reason;
    },
  });
  assertEquals((await events.next()).value?.data, "1");
  assertEquals(await assertRejects(() => events.next()), reason);
  assertEquals(counts.cancels, [reason]);
});

Deno.test("parseSse() refuses a bound that bounds nothing, and leaves the stream alone", () => {
  const stream = streamOf();
  assertThrows(() => parseSse(stream, { maxEventSize: 0 }), RangeError);
  assertEquals(stream.locked, false);
});

Deno.test("parseSse() refuses a stream that is locked", () => {
  const stream = streamOf("data: 1\n\n");
  stream.getReader();
  assertThrows(() => parseSse(stream), TypeError);
});

Deno.test("parseSse() lets the event loop turn during a long run of ready events", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  for await (const _ of parseSse(streamOf("data\n\n".repeat(320)))) spin(0.2);
  clearInterval(timer);
  assert(turns > 0);
});

function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
