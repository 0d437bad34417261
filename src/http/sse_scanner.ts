/** The fields of an event stream, as the WHATWG defines them: bytes in, a call for each event out. */

import { concatBytes } from "../base/bytes.ts";

/** Options of `parseSse()`, and of {@linkcode SseParser}. */
export interface SseOptions {
  /** Called with the text of each comment line, without the colon and one space after it. */
  onComment?: (comment: string) => void;
  /** Called with each reconnection time the server asks for, in milliseconds and unbounded. */
  onRetry?: (delay: number) => void;
  /**
   * Most characters (UTF-16 code units) that the data of one event, or one line, may have. No more is
   * kept while a line is not complete.
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

const DEFAULT_MAX_EVENT_SIZE = 16_777_216;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const LOWER_D = 100;
const LOWER_E = 101;
const LOWER_I = 105;
const BOM = 0xfeff;
const NONE = -1;

const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * Takes an event. Without an object around it: who makes one of its own of each would make two, which
 * takes a quarter of the time of an event in a burst.
 *
 * `order` is that of the id, by `orderOf`; else 0.
 */
export type Emit = (event: string, data: string, id: string | undefined, order: number) => void;

/** The options of {@linkcode EventScanner}. Those few need are functions, for the bundles of all others. */
export interface ScanOptions extends Pick<SseOptions, "maxEventSize" | "lastEventId"> {
  /** Called with each line that is no part of an event: a comment, a reconnection time, or anything. */
  onOther?: (line: string) => void;
  /** Makes the order of an id, which begins there, and ends with LF. 32 bytes of it are there, or all. */
  orderOf?: (bytes: Uint8Array, start: number) => number;
}

/** The engine of `SseParser`. Linear in the number of bytes whatever the split, and bounded in memory. */
export class EventScanner {
  readonly #options: ScanOptions;
  readonly #emit: Emit;
  readonly #max: number;
  // Only whole characters are decoded: a decoder that keeps state is slower by up to 8 times.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** The bytes of a character that was cut. */
  #cut: Uint8Array | undefined;
  /**
   * The beginning of a line. As text, because text is joined without a copy, and searched for its line
   * end three times as fast as bytes: an event of 4 MB in 16 kB chunks takes a third of the time.
   */
  #line = "";
  /** A character that counts for nothing where the next line begins: a BOM, or the LF of a CRLF. */
  #skipped = BOM;

  #event = "";
  #data: string | undefined;
  #id: string | undefined;
  #order = 0;
  #lastEventId: string;

  /** @throws {RangeError} If `maxEventSize` is not a positive number. */
  constructor(options: ScanOptions, emit: Emit) {
    const { maxEventSize = DEFAULT_MAX_EVENT_SIZE, lastEventId = "" } = options;
    if (!(maxEventSize > 0)) {
      throw new RangeError(`Cannot parse events: maxEventSize is ${maxEventSize}`);
    }
    this.#options = options;
    this.#emit = emit;
    this.#max = maxEventSize;
    this.#lastEventId = lastEventId;
  }

  /** The id of the last complete block that had one, even if the block held no data. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  push(bytes: Uint8Array): void {
    const all = this.#cut ? concatBytes([this.#cut, bytes]) : bytes;
    const text = this.#decode(all);
    const end = endOfLines(text);
    let start = 0;
    if (end > 0 && this.#line !== "") {
      // Its line alone, as text that is joined or sliced is read at half the speed.
      // Not by `Math.min` of two searches, one of which gives `Infinity`: an index that is no 32-bit integer
      // takes Bun three times as long, for all of the chunk.
      start = text.search(/[\r\n]/) + 1;
      const line = this.#line + text.slice(0, start);
      this.#line = "";
      this.#parse(line, 0, line.length, encoder.encode(line.slice(0, 40)));
    }
    if (start < end) this.#parse(text, start, end, all);
    this.#line += text.slice(end);
    // One more for the character that counts for nothing.
    if (this.#line.length > this.#max + 1) this.#refuse();
  }

  end(): void {
    this.#cut = undefined;
    this.#line = "";
    this.#skipped = BOM;
    this.#reset();
  }

  #reset(): void {
    this.#event = "";
    this.#data = undefined;
    this.#id = undefined;
  }

  /** The text of all whole characters. The bytes of one that was cut wait for the rest of it. */
  #decode(all: Uint8Array): string {
    const end = endOfCharacters(all);
    this.#cut = end === all.length ? undefined : all.slice(end);
    return this.#decoder.decode(end === all.length ? all : all.subarray(0, end));
  }

  /** Parses whole lines: what is before `end` ends with a line end. `bytes` are those of the text. */
  #parse(text: string, start: number, end: number, bytes: Uint8Array): void {
    const isSkipped = text.charCodeAt(start) === this.#skipped;
    this.#skipped = text.charCodeAt(end - 1) === CR ? LF : NONE;
    // A search for both line ends in one loop is tempting, and quadratic once V8 hoists one of them.
    if (isSkipped || text.includes("\r")) {
      text = text.slice(isSkipped ? start + 1 : start, end).replace(/\r\n?/g, "\n");
      bytes = encoder.encode(text);
      start = 0;
      end = text.length;
    }
    this.#parseLines(text, start, end, bytes);
  }

  /**
   * Parses lines that end with LF. It looks at bytes, and slices the text: a look at a character takes four
   * times as long, and a burst of events half as long again (Deno). All of an event is in variables: in fields,
   * with a method for each line, a burst takes 1.3 times as long (Node, Bun).
   */
  #parseLines(text: string, start: number, end: number, bytes: Uint8Array): void {
    const emit = this.#emit;
    const { onOther, orderOf } = this.#options;
    const max = this.#max;
    // Asked once for all of it, as a look into each id takes 25 ns.
    const hasNul = text.includes("\0");
    let event = this.#event;
    let data = this.#data;
    let id = this.#id;
    let order = this.#order;
    // An event whose callback throws is over.
    this.#reset();
    /** By so much is a byte further on than its character: others have more than one byte. */
    let shift = 0;
    while (start < end) {
      // The line begins after a line end, which is one byte in any text.
      while (start > 0 && bytes[start + shift - 1] !== LF && start + shift < bytes.length) shift++;
      const byte = start + shift;
      const first = bytes[byte];
      if (first === LF) {
        start++;
        if (id !== undefined) this.#lastEventId = id;
        if (data !== undefined) emit(event || "message", data, id, order);
        event = "";
        data = id = undefined;
        continue;
      }
      const at = text.indexOf("\n", start);
      if (at - start > max) this.#refuse();
      if (first === LOWER_D && isData(bytes, byte)) {
        const value = text.slice(valueOf(bytes, byte + 4) - shift, at);
        data = data === undefined ? value : `${data}\n${value}`;
        if (data.length > max) this.#refuse();
      } else if (first === LOWER_E && isEvent(bytes, byte)) {
        event = text.slice(valueOf(bytes, byte + 5) - shift, at);
      } else if (first === LOWER_I && isId(bytes, byte)) {
        const from = valueOf(bytes, byte + 2);
        const value = text.slice(from - shift, at);
        if (!hasNul || !value.includes("\0")) {
          id = value;
          order = orderOf?.(bytes, from) ?? 0;
        }
      } else onOther?.(text.slice(start, at));
      start = at + 1;
    }
    this.#event = event;
    this.#data = data;
    this.#id = id;
    this.#order = order;
  }

  #refuse(): never {
    this.end();
    throw new RangeError(`Cannot read an event: it is longer than ${this.#max} characters`);
  }
}

/** The index after the last character that is whole. */
function endOfCharacters(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back]!;
    if (byte < 0x80) return length;
    // The first byte of a character says how many it has.
    if (byte >= 0xc0) {
      return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? length - back : length;
    }
  }
  return length;
}

/** The index after the last line end; 0 without one. Text that has none is not searched backwards. */
function endOfLines(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  if (last === LF || last === CR) return text.length;
  const lf = text.includes("\n") ? text.lastIndexOf("\n") : -1;
  return Math.max(lf, text.includes("\r") ? text.lastIndexOf("\r") : -1) + 1;
}

// Names of fields, whose first characters are known.

function isData(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === 97 && bytes[at + 2] === 116 && bytes[at + 3] === 97 &&
    endsName(bytes[at + 4]);
}

function isEvent(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === 118 && bytes[at + 2] === 101 && bytes[at + 3] === 110 &&
    bytes[at + 4] === 116 && endsName(bytes[at + 5]);
}

function isId(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === LOWER_D && endsName(bytes[at + 2]);
}

/** Tells whether a name ends there. A line without a colon is a field without a value. */
function endsName(code: number | undefined): boolean {
  return code === COLON || code === LF;
}

/** The index of the value after a name. */
function valueOf(bytes: Uint8Array, colon: number): number {
  return bytes[colon] === LF ? colon : bytes[colon + 1] === SPACE ? colon + 2 : colon + 1;
}
