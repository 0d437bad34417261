/**
 * Server-sent events, pushed: bytes in, callbacks out. The rules are those of the WHATWG
 * event-stream format.
 *
 * ```
 * push(bytes) -> whole lines -> fields -> an empty line: onEvent()
 *      |
 *      +-> bytes after the last line end wait for more
 * ```
 *
 * @module
 */

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

/** Options of `parseSse()`, and of {@linkcode SseParser}. */
export interface SseOptions {
  /** Called with the text of each comment line, without the colon and one space after it. */
  onComment?: (comment: string) => void;
  /** Called with each reconnection time the server asks for, in milliseconds and unbounded. */
  onRetry?: (delay: number) => void;
  /**
   * Most characters (UTF-16 code units) that the data of one event, or one line, may have. At most
   * three times as many bytes are kept while a line is not complete.
   *
   * @default 16_777_216 (16 Mi)
   */
  maxEventSize?: number;
  /**
   * The id to begin with, for a stream that goes on where another one broke.
   *
   * @default ""
   */
  lastEventId?: string;
}

/** Options of {@linkcode SseParser}. */
export interface SseParserOptions extends SseOptions {
  /** Called with each event as soon as the empty line that ends it is there. */
  onEvent: (event: SseEvent) => void;
}

const DEFAULT_MAX_EVENT_SIZE = 16 * 1024 * 1024;
/** A larger buffer is given back as soon as its line is complete, in bytes. */
const KEPT_BUFFER_SIZE = 64 * 1024;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const LOWER_D = 100;
const LOWER_E = 101;
const LOWER_I = 105;
const LOWER_R = 114;
const BOM = 0xfeff;
const NONE = -1;

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
  readonly #options: SseParserOptions;
  readonly #max: number;
  // Only whole lines are decoded, and a line end is never part of a longer UTF-8 sequence, so no
  // state has to survive between chunks; a decoder that does keep state is slower by up to 8 times.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  #tail = new Uint8Array(0);
  #tailLength = 0;
  /** A character that counts for nothing where the next line begins: a BOM, or the LF of a CRLF. */
  #skipped = BOM;

  #event = "";
  #data: string | undefined;
  #id: string | undefined;
  #lastEventId: string;

  /**
   * Makes a parser for one stream.
   *
   * @throws {RangeError} `maxEventSize` is not a positive number.
   */
  constructor(options: SseParserOptions) {
    const { maxEventSize = DEFAULT_MAX_EVENT_SIZE, lastEventId = "" } = options;
    if (!(maxEventSize > 0)) {
      throw new RangeError(`Cannot parse events: maxEventSize is ${maxEventSize}`);
    }
    this.#options = options;
    this.#max = maxEventSize;
    this.#lastEventId = lastEventId;
  }

  /** The id of the last complete block that had one, even if the block held no data. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /**
   * Takes the next bytes. They are not kept: the caller may reuse the buffer.
   *
   * @throws {RangeError} An event is larger than `maxEventSize`. The events before it were given.
   */
  push(bytes: Uint8Array): void {
    let cut = bytes.length;
    while (cut > 0 && bytes[cut - 1] !== LF && bytes[cut - 1] !== CR) cut--;
    if (cut > 0) this.#parse(this.#decode(bytes, cut));
    if (cut < bytes.length) {
      this.#keep(bytes, cut, bytes.length);
      // No character takes more than three bytes a code unit, so this refuses nothing early.
      if (this.#tailLength > 3 * (this.#max + 1)) this.#refuse();
    }
  }

  /**
   * Ends the stream: an unfinished event is dropped, as the format demands. What is pushed next is
   * the start of another stream, which goes on from the same `lastEventId`.
   */
  end(): void {
    this.#tail = new Uint8Array(0);
    this.#tailLength = 0;
    this.#skipped = BOM;
    this.#event = "";
    this.#data = undefined;
    this.#id = undefined;
  }

  #decode(bytes: Uint8Array, end: number): string {
    if (this.#tailLength === 0) {
      return this.#decoder.decode(end === bytes.length ? bytes : bytes.subarray(0, end));
    }
    this.#keep(bytes, 0, end);
    const text = this.#decoder.decode(this.#tail.subarray(0, this.#tailLength));
    this.#tailLength = 0;
    if (this.#tail.length > KEPT_BUFFER_SIZE) this.#tail = new Uint8Array(0);
    return text;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#tailLength + end - start;
    if (length > this.#tail.length) {
      const larger = new Uint8Array(Math.max(1024, length, 2 * this.#tail.length));
      larger.set(this.#tail.subarray(0, this.#tailLength));
      this.#tail = larger;
    }
    this.#tail.set(bytes.subarray(start, end), this.#tailLength);
    this.#tailLength = length;
  }

  /** Parses whole lines: `text` ends with a line end. */
  #parse(text: string): void {
    let start = text.charCodeAt(0) === this.#skipped ? 1 : 0;
    this.#skipped = text.endsWith("\r") ? LF : NONE;
    // A search for both line ends in one loop is tempting, and quadratic once V8 hoists one of them.
    if (text.includes("\r")) {
      text = text.slice(start).replace(/\r\n?/g, "\n");
      start = 0;
    }
    for (let end = text.indexOf("\n", start); end !== -1; end = text.indexOf("\n", start)) {
      if (start === end) this.#dispatch();
      else this.#field(text, start, end);
      start = end + 1;
    }
  }

  #field(text: string, start: number, end: number): void {
    if (end - start > this.#max) this.#refuse();
    switch (text.charCodeAt(start)) {
      case LOWER_D: {
        const value = valueOf("data", text, start, end);
        if (value === undefined) return;
        this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
        if (this.#data.length > this.#max) this.#refuse();
        return;
      }
      case LOWER_E:
        this.#event = valueOf("event", text, start, end) ?? this.#event;
        return;
      case LOWER_I: {
        const value = valueOf("id", text, start, end);
        if (value !== undefined && !value.includes("\0")) this.#id = value;
        return;
      }
      case COLON:
        this.#options.onComment?.(valueAt(text, start, end));
        return;
      case LOWER_R: {
        const value = valueOf("retry", text, start, end);
        if (value !== undefined && /^[0-9]+$/.test(value)) this.#options.onRetry?.(Number(value));
      }
    }
  }

  #dispatch(): void {
    const id = this.#id;
    const data = this.#data;
    const event = this.#event || "message";
    this.#event = "";
    this.#data = undefined;
    if (id !== undefined) {
      this.#id = undefined;
      this.#lastEventId = id;
    }
    if (data === undefined) return;
    const lastEventId = this.#lastEventId;
    this.#options.onEvent(
      id === undefined ? { event, data, lastEventId } : { event, data, id, lastEventId },
    );
  }

  #refuse(): never {
    this.end();
    throw new RangeError(`Cannot read an event: it is longer than ${this.#max} characters`);
  }
}

/** The value of the line's field if that is `name`. Looks for no colon: that one may be far away. */
function valueOf(name: string, text: string, start: number, end: number): string | undefined {
  if (!text.startsWith(name, start)) return undefined;
  const at = start + name.length;
  if (at === end) return "";
  return text.charCodeAt(at) === COLON ? valueAt(text, at, end) : undefined;
}

function valueAt(text: string, colon: number, end: number): string {
  return text.slice(text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1, end);
}
