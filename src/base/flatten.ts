/** Lists that come one after the other, handed out one item at a time. */

/** The longest time in milliseconds that ready items are handed out without a pause. */
const MAX_HOLD = 4;
/** The clock is read once for so many items (a power of two). */
const ITEMS_PER_CLOCK = 32;

// Taken now: a clock that a test replaces later must not stop a stream in mid-burst. As the result of
// a call, which bundlers leave out where no stream is read.
const setTimeout = /* @__PURE__ */ (() => globalThis.setTimeout)();

/** A source of lists. */
export interface Lists<T> {
  /** The next list, which may be empty; `undefined` at the end. */
  next(): Promise<readonly T[] | undefined>;
  /** Lets the source go, when the reader has left or the end was not reached. */
  close(reason?: unknown): Promise<unknown>;
}

type Result<T> = IteratorResult<T, void>;

/**
 * An iterator over the items of lists. Nothing is read ahead: the next list is asked for when the items
 * of the last one are used up. A long run of ready items lets the event loop turn every few milliseconds.
 *
 * Written out, because an async generator takes half as long again for an item that is ready, and a
 * generator within a generator three times as long.
 */
export class Flattened<T> implements AsyncGenerator<T, void, void> {
  readonly #lists: Lists<T>;
  readonly #signal: AbortSignal | undefined;
  #list: readonly T[] = [];
  #index = 0;
  #done = false;
  #count = 0;
  #readAt = 0;
  /** The number of calls of next() that wait, and the newest of them. */
  #waiting = 0;
  #newest: Promise<Result<T>> | undefined;

  /**
   * Reads nothing yet.
   *
   * @param signal The signal of a reader who may leave: then what is ready is not handed out any more, and
   * the source is asked, which says why.
   */
  constructor(lists: Lists<T>, signal?: AbortSignal) {
    this.#lists = lists;
    this.#signal = signal;
  }

  next(): Promise<Result<T>> {
    if (this.#signal?.aborted) this.#index = this.#list.length;
    if (
      this.#waiting === 0 && this.#index < this.#list.length &&
      ++this.#count % ITEMS_PER_CLOCK !== 0
    ) {
      return Promise.resolve({ done: false, value: this.#list[this.#index++] as T });
    }
    if (this.#waiting++ > 0) return this.#newest = this.#newest!.then(this.#step, this.#step);
    if (this.#index === this.#list.length || performance.now() - this.#readAt <= MAX_HOLD) {
      return this.#newest = Promise.resolve(this.#step());
    }
    return this.#newest = new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
      this.#readAt = performance.now();
      return this.#step();
    });
  }

  async return(): Promise<Result<T>> {
    await this.#close();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<Result<T>> {
    await this.#close(error);
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Answers one call of next(): from the list, or else after a read. */
  readonly #step = (): Result<T> | Promise<Result<T>> => {
    if (this.#index < this.#list.length) {
      this.#waiting--;
      return { done: false, value: this.#list[this.#index++] as T };
    }
    if (!this.#done) return this.#lists.next().then(this.#onList, this.#onError);
    this.#waiting--;
    return { done: true, value: undefined };
  };

  readonly #onList = (list: readonly T[] | undefined): Result<T> | Promise<Result<T>> => {
    // Who has left meanwhile gets nothing more.
    if (this.#done || list === undefined) this.#done = true;
    else this.#list = list;
    this.#index = this.#done ? this.#list.length : 0;
    // A list that is shorter than a look at the clock, 0.4 us on Deno, is over before its time is up.
    this.#readAt = this.#list.length < ITEMS_PER_CLOCK ? Infinity : performance.now();
    return this.#step();
  };

  readonly #onError = (error: unknown): never => {
    this.#waiting--;
    this.#done = true;
    throw error;
  };

  async #close(reason?: unknown): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    this.#list = [];
    this.#index = 0;
    await this.#lists.close(reason);
  }
}
