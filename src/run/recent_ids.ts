/** The latest of many ids, such as those of the events of a stream that runs for hours. */

/** The number of ids that are kept at least. */
const KEPT = 10_000;
/** The most bytes of an id that has an order. */
const LONGEST = 32;
const ZERO = 48;
const LF = 10 - 48;
const COLON = 58 - 48;

/**
 * A set of ids that does not grow: the oldest ones are forgotten.
 *
 * Replicate's ids are `<unix seconds>:<n>`, and rise. One that is above all others is new, which a
 * comparison tells; a look into a set takes four times as long as all the rest of an event. So the set is
 * made only for an id that is not, as after a connection that repeats some.
 */
export class RecentIds {
  #ids: string[] = [];
  /** The highest order of an id. */
  #highest = -1;
  /** The first so many of the ids. */
  readonly #set = new Set<string>();
  #inSet = 0;

  /** Tells whether an id is there. */
  has(id: string): boolean {
    while (this.#inSet < this.#ids.length) this.#set.add(this.#ids[this.#inSet++]!);
    return this.#set.has(id);
  }

  /**
   * Adds an id. Returns `false` if it is there already.
   *
   * @param order A number that is the same for the same id, and -1 for an id that has none.
   */
  add(id: string, order = -1): boolean {
    if (order > this.#highest) this.#highest = order;
    else if (this.has(id)) return false;
    this.#ids.push(id);
    if (this.#ids.length >= 2 * KEPT) this.#forget();
    return true;
  }

  #forget(): void {
    this.#ids = this.#ids.slice(KEPT);
    this.#set.clear();
    this.#inSet = 0;
  }
}

/**
 * The order of an id that begins there in bytes: a number that is the same for the same id, and rises with
 * those of Replicate; -1 for ids of another form. Bytes, as a look at a character of the id takes four times
 * as long. Only 13 bits of the seconds count: once in two hours, ids are not above those before.
 */
export function orderOf(bytes: Uint8Array, start: number): number {
  let seconds = -1;
  let count = 0;
  for (let at = start; at < start + LONGEST; at++) {
    const digit = bytes[at]! - ZERO;
    // As 32 bits, as a number that may be a fraction takes four times as long.
    if (digit >= 0 && digit <= 9) count = (count * 10 + digit) | 0;
    else if (digit === LF) return ((seconds << 17) + count) & 0x3fff_ffff;
    else if (digit === COLON && seconds === -1) {
      seconds = count;
      count = 0;
    } else return -1;
  }
  return -1;
}
