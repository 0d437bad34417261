/** The queue of virtual timers behind `withFakeTime` and `FakeClock`. */

/** One virtual timer. */
interface Timer {
  readonly id: number;
  readonly background: boolean;
  readonly callback: () => void;
  readonly every?: number | undefined;
  due: number;
}

/** A longer delay overflows a 32-bit integer, and every runtime then fires the timer at once. */
const MAX_DELAY = 2 ** 31 - 1;

/** A queue of timers whose time moves only when {@link VirtualTimers.fireNext} is called. */
export class VirtualTimers {
  readonly start: number;
  /** The number of changes so far, by which a driver sees that something happened. */
  changes = 0;
  #now: number;
  #lastId = 0;
  readonly #timers = new Map<number, Timer>();

  constructor(start: number) {
    this.start = start;
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  /** The number of timers that wait, without those of `AbortSignal.timeout`. */
  get pending(): number {
    return [...this.#timers.values()].filter((timer) => !timer.background).length;
  }

  add(
    callback: () => void,
    delay: unknown,
    kind: { repeat?: boolean; background?: boolean } = {},
  ): number {
    const ms = Math.trunc(Number(delay));
    const wait = ms > MAX_DELAY ? 1 : Math.max(kind.repeat ? 1 : 0, ms || 0);
    const id = ++this.#lastId;
    this.changes++;
    this.#timers.set(id, {
      id,
      background: kind.background ?? false,
      callback,
      every: kind.repeat ? wait : undefined,
      due: this.#now + wait,
    });
    return id;
  }

  delete(id: unknown): void {
    this.changes++;
    this.#timers.delete(Number(id));
  }

  /** The time at which the next timer is due, or `undefined` when none waits. */
  nextDue(): number | undefined {
    return this.#next()?.due;
  }

  /** Moves time to the next timer and runs it. */
  fireNext(): void {
    const timer = this.#next();
    if (timer === undefined) return;
    this.changes++;
    this.#now = Math.max(this.#now, timer.due);
    if (timer.every === undefined) this.#timers.delete(timer.id);
    else timer.due = this.#now + timer.every;
    timer.callback();
  }

  /** Moves time forward without running anything. Nothing may be due before `time`. */
  skipTo(time: number): void {
    this.#now = Math.max(this.#now, time);
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) {
      // The map keeps the order of insertion, so the older of two timers at one instant goes first.
      if (next === undefined || timer.due < next.due) next = timer;
    }
    return next;
  }
}
