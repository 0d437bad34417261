/**
 * Server-sent events, pulled: a stream of bytes in, an async iterator of events out.
 *
 * @module
 */

import { Flattened, type Lists } from "../base/flatten.ts";
import { eventOf, scanOptions, type SseEvent, type SseOptions } from "./sse_parser.ts";
import { type Emit, EventScanner, type ScanOptions } from "./sse_scanner.ts";

export { type SseEvent, type SseOptions, SseParser, type SseParserOptions } from "./sse_parser.ts";

/** Larger chunks are parsed in pieces of so many bytes: their events are not in memory at once. */
const SLICE_SIZE = 65_536;

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
  const lists: EventLists<SseEvent> = new EventLists(
    () => piecesOf(stream),
    (event, data, id) => eventOf(event, data, id, lists.scanner.lastEventId),
    scanOptions(options),
  );
  return new Flattened(lists);
}

/** Bytes that come piece by piece. */
export interface Pieces {
  /** The next piece; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Lets the source go. */
  close(reason?: unknown): unknown;
}

/** The pieces of a stream of bytes. */
export function piecesOf(stream: ReadableStream<Uint8Array>): Pieces {
  const reader = stream.getReader();
  return {
    read: async () => (await reader.read()).value,
    // The caller has left: there is nobody to tell that the source did not like it.
    close: (reason) => reader.cancel(reason).catch(() => {}),
  };
}

/** Makes an item of an event; `undefined` for an event that is not told. */
export type Make<T> = (...event: Parameters<Emit>) => T | undefined;

/** The items that the events of a stream of bytes become, as many at once as a piece of it has. */
export class EventLists<T> implements Lists<T> {
  /** Reads the bytes. */
  readonly scanner: EventScanner;
  readonly #pieces: Pieces;
  #items: T[] = [];
  /** `true` once the piece has an event, told or not. */
  #heard = false;
  /** The rest of a piece, and the error that came after its events. */
  #rest: Uint8Array | undefined;
  #failure: { error: unknown } | undefined;

  /**
   * Reads nothing yet.
   *
   * @throws {RangeError} `maxEventSize` is not a positive number.
   */
  constructor(open: () => Pieces, make: Make<T>, options: ScanOptions = {}) {
    this.scanner = new EventScanner(options, (event, data, id, order) => {
      this.#heard = true;
      const item = make(event, data, id, order);
      if (item !== undefined) this.#items.push(item);
    });
    this.#pieces = open();
  }

  async next(): Promise<readonly T[] | undefined> {
    for (;;) {
      if (this.#failure) {
        const { error } = this.#failure;
        this.#pieces.close(error);
        throw error;
      }
      const piece = this.#rest ?? await this.#pieces.read();
      if (piece === undefined) return undefined;
      const items = this.take(piece);
      if (items) return items;
    }
  }

  /** `true` if no piece is under way, for one who reads the pieces itself. */
  get isIdle(): boolean {
    return !this.#rest && !this.#failure;
  }

  /** The items of a piece; `undefined` where no event ended in it. An error is thrown by `next()`. */
  take(piece: Uint8Array): readonly T[] | undefined {
    this.#parse(piece);
    if (!this.#heard) return undefined;
    this.#heard = false;
    const items = this.#items;
    this.#items = [];
    return items;
  }

  async close(reason?: unknown): Promise<void> {
    await this.#pieces.close(reason);
  }

  #parse(bytes: Uint8Array): void {
    try {
      const isLong = bytes.length > SLICE_SIZE;
      this.#rest = isLong ? bytes.subarray(SLICE_SIZE) : undefined;
      this.scanner.push(isLong ? bytes.subarray(0, SLICE_SIZE) : bytes);
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
