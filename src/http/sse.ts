/**
 * Server-sent events, pulled: a stream of bytes in, an async iterator of events out.
 *
 * @module
 */

import { Flattened, type Lists } from "../base/flatten.ts";
import { type SseEvent, type SseOptions, SseParser } from "./sse_parser.ts";

export { type SseEvent, type SseOptions, SseParser, type SseParserOptions } from "./sse_parser.ts";

/** Larger chunks are parsed in pieces of so many bytes: their events are not in memory at once. */
const SLICE_SIZE = 64 * 1024;

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
  return new Flattened(new EventLists(() => piecesOf(stream), options));
}

/** Bytes that come piece by piece. */
export interface Pieces {
  /** The next piece; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Lets the source go. */
  close(reason?: unknown): unknown;
}

function piecesOf(stream: ReadableStream<Uint8Array>): Pieces {
  const reader = stream.getReader();
  return {
    read: async () => (await reader.read()).value,
    // The caller has left: there is nobody to tell that the source did not like it.
    close: (reason) => reader.cancel(reason).catch(() => {}),
  };
}

/** The events of a stream of bytes, as many at once as a piece of it has. */
export class EventLists implements Lists<SseEvent> {
  readonly #parser: SseParser;
  readonly #pieces: Pieces;
  #events: SseEvent[] = [];
  /** The rest of a piece, and the error that came after its events. */
  #rest: Uint8Array | undefined;
  #failure: { error: unknown } | undefined;

  /**
   * Reads nothing yet.
   *
   * @throws {RangeError} `maxEventSize` is not a positive number.
   */
  constructor(open: () => Pieces, options: SseOptions = {}) {
    this.#parser = new SseParser({ ...options, onEvent: (event) => this.#events.push(event) });
    this.#pieces = open();
  }

  async next(): Promise<readonly SseEvent[] | undefined> {
    for (;;) {
      if (this.#failure) {
        const { error } = this.#failure;
        this.#pieces.close(error);
        throw error;
      }
      const piece = this.#rest ?? await this.#pieces.read();
      if (piece === undefined) return undefined;
      this.#parse(piece);
      if (this.#events.length === 0) continue;
      const events = this.#events;
      this.#events = [];
      return events;
    }
  }

  async close(reason?: unknown): Promise<void> {
    await this.#pieces.close(reason);
  }

  #parse(bytes: Uint8Array): void {
    const isLong = bytes.length > SLICE_SIZE;
    this.#rest = isLong ? bytes.subarray(SLICE_SIZE) : undefined;
    try {
      this.#parser.push(isLong ? bytes.subarray(0, SLICE_SIZE) : bytes);
    } catch (error) {
      this.#failure = { error };
    }
  }
}

/** One event as text of an event stream. */
export function encodeEvent(event: string, data: string, id?: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("");
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}${lines}\n`;
}
