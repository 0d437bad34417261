/**
 * Server-sent events, pushed: bytes in, callbacks out. The rules are those of the WHATWG
 * event-stream format.
 *
 * ```
 * push(bytes) -> whole lines -> fields -> an empty line: onEvent()
 *      |
 *      +-> text after the last line end waits for more
 * ```
 *
 * @module
 */

import { EventScanner, type ScanOptions, type SseOptions } from "./sse_scanner.ts";

export type { SseOptions } from "./sse_scanner.ts";

/** One event of an event stream. */
export interface SseEvent {
  /** Type of the event: its `event:` line, or `"message"` when there was none. */
  event: string;
  /** The `data:` lines, joined by `\n`. */
  data: string;
  /** The `id:` line of this very event; absent when the event had none. */
  id?: string;
  /** The newest id the stream has given so far, `""` before the first: where to go on from. */
  lastEventId: string;
}

/** Options of {@linkcode SseParser}. */
export interface SseParserOptions extends SseOptions {
  /** Called with each event as soon as the empty line that ends it is there. */
  onEvent: (event: SseEvent) => void;
}

/**
 * A push parser: takes the bytes of an event stream, split anywhere, and calls back for each event.
 *
 * Linear in the number of bytes whatever the split, and bounded in memory. An error thrown by a
 * callback leaves `push()`, and the rest of that chunk is lost.
 *
 * ```ts
 * import { SseParser } from "@x/replicate";
 * import { assertEquals } from "@std/assert";
 *
 * const words: string[] = [];
 * const parser = new SseParser({ onEvent: ({ data }) => words.push(data) });
 * parser.push(new TextEncoder().encode("data: Rain\n\nda"));
 * parser.push(new TextEncoder().encode("ta:  taps\n\n"));
 * parser.end();
 * assertEquals(words, ["Rain", " taps"]);
 * ```
 */
export class SseParser {
  readonly #scanner: EventScanner;

  /**
   * Makes a parser for one stream.
   *
   * @throws {RangeError} `maxEventSize` is not a positive number.
   */
  constructor(options: SseParserOptions) {
    const scanner = this.#scanner = new EventScanner(scanOptions(options), (event, data, id) => {
      options.onEvent(eventOf(event, data, id, scanner.lastEventId));
    });
  }

  /** The id of the last complete block that had one, even if the block held no data. */
  get lastEventId(): string {
    return this.#scanner.lastEventId;
  }

  /**
   * Takes the next bytes. They are not kept: the caller may reuse the buffer.
   *
   * @throws {RangeError} An event is larger than `maxEventSize`. The events before it were given.
   */
  push(bytes: Uint8Array): void {
    this.#scanner.push(bytes);
  }

  /**
   * Ends the stream: an unfinished event is dropped, as the format demands. What is pushed next is
   * the start of another stream, which goes on from the same `lastEventId`.
   */
  end(): void {
    this.#scanner.end();
  }
}

/** An event as a value. */
export function eventOf(
  event: string,
  data: string,
  id: string | undefined,
  lastEventId: string,
): SseEvent {
  return id === undefined ? { event, data, lastEventId } : { event, data, id, lastEventId };
}

/** The options of a scanner, which calls those who want to hear of more than events. */
export function scanOptions(options: SseOptions): ScanOptions {
  return {
    ...options,
    onOther: (line) => {
      if (line[0] === ":") options.onComment?.(line.slice(line[1] === " " ? 2 : 1));
      const retry = options.onRetry && /^retry: ?([0-9]+)$/.exec(line);
      if (retry) options.onRetry?.(Number(retry[1]));
    },
  };
}
