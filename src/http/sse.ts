/**
 * Server-sent events, pulled: a stream of bytes in, an async iterator of events out.
 *
 * @module
 */

import { type SseEvent, type SseOptions, SseParser } from "./sse_parser.ts";

export { type SseEvent, type SseOptions, SseParser, type SseParserOptions } from "./sse_parser.ts";

/** Larger chunks are parsed in pieces of so many bytes: their events are not in memory at once. */
const SLICE_SIZE = 64 * 1024;
/** The longest time in milliseconds that ready events are handed out without a pause. */
const MAX_HOLD = 4;
/** The clock is read once for so many events (a power of two). */
const EVENTS_PER_CLOCK = 32;

// Taken now: a clock that a test replaces later must not stop a stream in mid-burst. As the result of
// a call, which bundlers leave out where no stream is read.
const setTimeout = /* @__PURE__ */ (() => globalThis.setTimeout)();

/**
 * Reads the events of a stream of bytes, as they come.
 *
 * Nothing is read ahead: the stream is asked for more when the events of its last chunk are used up,
 * so a paused loop pauses the server. A long run of ready events lets the event loop turn every few
 * milliseconds. Leaving the loop cancels the stream. An error of the stream, or a `RangeError` for
 * an event larger than `maxEventSize`, is thrown after the events that came before it.
 *
 * ```ts
 * import { parseSse } from "@x/replicate";
 * import { assertEquals } from "@std/assert";
 *
 * const { body } = new Response(": hi\n\nevent: output\nid: 1:0\ndata: Rain\n\ndata: taps\n\n");
 * const events = [];
 * for await (const event of parseSse(body!)) events.push(event);
 * assertEquals(events, [
 *   { event: "output", data: "Rain", id: "1:0", lastEventId: "1:0" },
 *   { event: "message", data: "taps", lastEventId: "1:0" },
 * ]);
 * ```
 *
 * @throws {TypeError} The stream is locked.
 * @throws {RangeError} `maxEventSize` is not a positive number.
 */
export function parseSse(
  stream: ReadableStream<Uint8Array>,
  options: SseOptions = {},
): AsyncGenerator<SseEvent, void, void> {
  return new SseIterator(stream, options);
}

type Result = IteratorResult<SseEvent, void>;

// Written out, because an async generator takes half as long again for an event that is ready.
class SseIterator implements AsyncGenerator<SseEvent, void, void> {
  readonly #parser: SseParser;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** The rest of the chunk, its events (the first one last), and the error that came after them. */
  #rest: Uint8Array | undefined;
  #events: SseEvent[] = [];
  #failure: { error: unknown } | undefined;
  #done = false;

  #count = 0;
  #readAt = 0;
  /** The number of calls of next() that wait, and the newest of them. */
  #waiting = 0;
  #newest: Promise<Result> | undefined;

  constructor(stream: ReadableStream<Uint8Array>, options: SseOptions) {
    this.#parser = new SseParser({ ...options, onEvent: (event) => this.#events.push(event) });
    this.#reader = stream.getReader();
  }

  next(): Promise<Result> {
    if (this.#waiting === 0 && ++this.#count % EVENTS_PER_CLOCK !== 0) {
      const value = this.#events.pop();
      if (value !== undefined) return Promise.resolve({ done: false, value });
    }
    if (this.#waiting++ > 0) return this.#newest = this.#newest!.then(this.#step, this.#step);
    if (this.#events.length === 0 || performance.now() - this.#readAt <= MAX_HOLD) {
      return this.#newest = Promise.resolve(this.#step());
    }
    return this.#newest = new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
      this.#readAt = performance.now();
      return this.#step();
    });
  }

  async return(): Promise<Result> {
    await this.#close();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<Result> {
    await this.#close(error);
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Answers one call of next(): from what is here, or else after a read. */
  readonly #step = (): Result | Promise<Result> => {
    let value = this.#events.pop();
    while (value === undefined && this.#rest !== undefined) {
      this.#parse(this.#rest);
      value = this.#events.pop();
    }
    const failure = this.#failure;
    if (value === undefined && !failure && !this.#done) {
      return this.#reader.read().then(this.#onRead, this.#onError);
    }
    this.#waiting--;
    if (value !== undefined) return { done: false, value };
    if (this.#done || !failure) return { done: true, value };
    void this.#close(failure.error);
    return Promise.reject(failure.error);
  };

  readonly #onRead = (chunk: ReadableStreamReadResult<Uint8Array>): Result | Promise<Result> => {
    this.#rest = chunk.value;
    this.#done ||= chunk.done;
    this.#readAt = performance.now();
    return this.#step();
  };

  readonly #onError = (error: unknown): Result | Promise<Result> => {
    this.#failure = { error };
    return this.#step();
  };

  #parse(bytes: Uint8Array): void {
    const isLong = bytes.length > SLICE_SIZE;
    this.#rest = isLong ? bytes.subarray(SLICE_SIZE) : undefined;
    try {
      this.#parser.push(isLong ? bytes.subarray(0, SLICE_SIZE) : bytes);
    } catch (error) {
      this.#failure = { error };
    }
    if (this.#events.length > 1) this.#events.reverse();
  }

  async #close(reason?: unknown): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    this.#events = [];
    this.#rest = undefined;
    // The caller has left: there is nobody to tell that the source did not like it.
    await this.#reader.cancel(reason).catch(() => {});
  }
}
/** One event as text of an event stream. */
export function encodeEvent(event: string, data: string, id?: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("");
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}${lines}\n`;
}
