/** What is known about one virtual timer. */
interface Timer {
  readonly id: number;
  readonly background: boolean;
  readonly callback: () => void;
  readonly every?: number | undefined;
  due: number;
}

/** Longer delays overflow a 32-bit integer: every runtime then fires at once instead of late. */
const MAX_DELAY = 2 ** 31 - 1;

/** A queue of timers whose time only moves when {@link VirtualTimers.fireNext} is called. */
export class VirtualTimers {
  readonly start: number;
  /** Counts every change, so that a driver can see whether anything happened. */
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

  /** How many timers wait, those of `AbortSignal.timeout` left out. */
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

  /** When the next timer is due, or `undefined` when none waits. */
  nextDue(): number | undefined {
    return this.#next()?.due;
  }

  /** Jumps to the next timer and runs it. */
  fireNext(): void {
    const timer = this.#next();
    if (timer === undefined) return;
    this.changes++;
    this.#now = Math.max(this.#now, timer.due);
    if (timer.every === undefined) this.#timers.delete(timer.id);
    else timer.due = this.#now + timer.every;
    timer.callback();
  }

  /** Moves time forward without running anything: only when nothing is due before `time`. */
  skipTo(time: number): void {
    this.#now = Math.max(this.#now, time);
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) {
      // Ids only grow, and the map keeps its order: at the same instant the older timer goes first.
      if (next === undefined || timer.due < next.due) next = timer;
    }
    return next;
  }
}
