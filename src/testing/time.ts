/** Virtual time for a whole test: `withFakeTime` and the loop that drives it. */

import { VirtualTimers } from "./timers.ts";

/** The controls of the virtual clock inside {@link withFakeTime}. */
export interface FakeTime {
  /** The virtual time in milliseconds since 1970, the same as `Date.now()`. */
  now(): number;
  /** The virtual milliseconds since the start. */
  elapsed(): number;
  /** The number of timers that wait, without `AbortSignal.timeout`, which holds nothing up. */
  readonly timers: number;
  /** Resolves when `ms` virtual milliseconds have passed and everything due by then has run. */
  tick(ms: number): Promise<void>;
  /** Stops time from jumping while `work` is pending, for real I/O such as reading a file. */
  hold<T>(work: PromiseLike<T>): Promise<T>;
}

/** Options of {@link withFakeTime}. */
export interface FakeTimeOptions {
  /** The time at the start, in whole milliseconds since 1970. Default 2026-01-02T03:04:05Z. */
  start?: number;
  /**
   * The real milliseconds to keep waiting when no timer is left and `run` has not ended. After that
   * `withFakeTime` rejects, because nothing can end the test any more. Default 10000.
   */
  stall?: number;
}

/** The event loop counts as idle after this many turns in a row without a change of the timers. */
const QUIET_TURNS = 8;
const DEFAULT_START = Date.UTC(2026, 0, 2, 3, 4, 5);
const DEFAULT_STALL = 10_000;

let active = false;

/**
 * Runs a function in virtual time: `Date`, `performance.now`, `setTimeout`, `setInterval`, their
 * `clear` functions and `AbortSignal.timeout` are replaced, and time jumps to the next timer
 * whenever the event loop has nothing else to do. An hour of retries takes a few milliseconds.
 *
 * Virtual time covers work in one process. Real sockets and files take real time: wrap the promise
 * that waits for them in {@link FakeTime.hold}, or time may jump past a timeout in the meantime.
 *
 * @example
 * ```ts
 * import { withFakeTime } from "@x/replicate/testing";
 *
 * const elapsed = await withFakeTime(async (time) => {
 *   await new Promise((resolve) => setTimeout(resolve, 3_600_000));
 *   return time.elapsed();
 * });
 * if (elapsed !== 3_600_000) throw new Error(`an hour took ${elapsed} ms`);
 * ```
 *
 * @param run The function, which is given the controls of the clock.
 * @param options The time at the start, and how long to wait for a test that is stuck.
 * @returns The result of `run`.
 */
export async function withFakeTime<T>(
  run: (time: FakeTime) => Promise<T>,
  options: FakeTimeOptions = {},
): Promise<T> {
  if (active) throw new Error("Cannot start fake time: it is already running");
  active = true;
  const driver = new Driver(options);
  try {
    return await driver.run(run);
  } finally {
    driver.stop();
    active = false;
  }
}

/** Calls back after everything that is due: `setImmediate`, or `setTimeout` with 0. */
type Later = (callback: () => void, ms: number) => void;

/** Replaces the clocks, and moves virtual time whenever the event loop is idle. */
class Driver {
  readonly #timers: VirtualTimers;
  readonly #stall: number;
  // `setImmediate` takes its turn after I/O and costs microseconds; browsers have none.
  readonly #immediate = (globalThis as unknown as { setImmediate?: Later }).setImmediate;
  readonly #later = this.#immediate ?? globalThis.setTimeout as unknown as Later;
  readonly #realNow = performance.now.bind(performance);
  readonly #channel = new MessageChannel();
  readonly #undo: (() => void)[] = [];
  readonly #time: FakeTime;
  #turned: () => void = () => {};
  #held = 0;
  #settled = false;

  constructor(options: FakeTimeOptions) {
    // A fraction would make `elapsed` inexact: at 2026 a double resolves 1/4096 ms.
    const timers = new VirtualTimers(Math.floor(options.start ?? DEFAULT_START));
    this.#timers = timers;
    this.#stall = options.stall ?? DEFAULT_STALL;
    this.#channel.port1.onmessage = () => this.#turned();
    this.#time = {
      now: () => timers.now,
      elapsed: () => timers.now - timers.start,
      get timers(): number {
        return timers.pending;
      },
      tick: (ms) => new Promise<void>((resolve) => void timers.add(resolve, ms)),
      hold: (work) => this.#hold(work),
    };
  }

  async run<T>(run: (time: FakeTime) => Promise<T>): Promise<T> {
    this.#install();
    const result = Promise.resolve().then(() => run(this.#time));
    const settle = (): void => {
      this.#settled = true;
    };
    result.then(settle, settle);
    while (!this.#settled) {
      await this.#quiet();
      if (this.#settled) break;
      if (this.#timers.nextDue() === undefined) await this.#starve();
      else this.#timers.fireNext();
    }
    return await result;
  }

  stop(): void {
    this.#settled = true;
    for (const undo of this.#undo.reverse()) undo();
    this.#channel.port1.close();
    this.#channel.port2.close();
  }

  async #quiet(): Promise<void> {
    let seen: number;
    do {
      seen = this.#timers.changes;
      for (let turn = 0; turn < QUIET_TURNS && !this.#settled; turn++) await this.#turn();
      // A message overtakes work that comes back from another thread; a real timer does not.
      if (!this.#settled) await this.#lateTurn();
    } while (!this.#settled && (this.#held > 0 || this.#timers.changes !== seen));
  }

  async #starve(): Promise<void> {
    const seen = this.#timers.changes;
    const since = this.#realNow();
    while (!this.#settled && this.#timers.changes === seen) {
      await this.#lateTurn();
      if (this.#realNow() - since > this.#stall) {
        throw new Error("Cannot go on in fake time: no timer is left and the function is pending");
      }
    }
  }

  /** Lets the event loop turn once. A message costs no millisecond, as nested `setTimeout`s do. */
  #turn(): Promise<void> {
    if (this.#immediate) return this.#lateTurn();
    return new Promise((resolve) => {
      this.#turned = resolve;
      this.#channel.port2.postMessage(null);
    });
  }

  #lateTurn(): Promise<void> {
    return new Promise((resolve) => this.#later.call(globalThis, resolve, 0));
  }

  async #hold<T>(work: PromiseLike<T>): Promise<T> {
    this.#held++;
    try {
      return await work;
    } finally {
      this.#held--;
    }
  }

  #install(): void {
    const timers = this.#timers;
    // Whole, as the differences of fractions are inexact, and rounded up, as time must not go back.
    const realStart = Math.ceil(this.#realNow());
    const schedule =
      (repeat: boolean) => (callback: unknown, delay?: unknown, ...args: unknown[]) => {
        if (typeof callback !== "function") {
          throw new TypeError("Cannot set a timer: the callback is not a function");
        }
        return timers.add(() => void callback(...args), delay, { repeat });
      };
    const clear = (id?: unknown): void => timers.delete(id);
    this.#replace(globalThis, "Date", fakeDate(timers));
    this.#replace(performance, "now", () => realStart + (timers.now - timers.start));
    this.#replace(globalThis, "setTimeout", schedule(false));
    this.#replace(globalThis, "setInterval", schedule(true));
    this.#replace(globalThis, "clearTimeout", clear);
    this.#replace(globalThis, "clearInterval", clear);
    this.#replace(AbortSignal, "timeout", (ms: number) => {
      const controller = new AbortController();
      const expire = (): void =>
        controller.abort(new DOMException("Signal timed out.", "TimeoutError"));
      timers.add(expire, ms, { background: true });
      return controller.signal;
    });
    // These work on other threads, where the event loop looks idle while they are busy.
    for (const name of ["digest", "importKey", "sign", "verify"] as const) {
      this.#holdWhile(crypto.subtle, name);
    }
    for (const name of ["arrayBuffer", "text", "bytes"] as const) {
      this.#holdWhile(Blob.prototype, name);
    }
    const hold = <T>(work: Promise<T>): Promise<T> => this.#hold(work);
    const { stream } = Blob.prototype;
    this.#replace(Blob.prototype, "stream", function (this: Blob): ReadableStream<Uint8Array> {
      return heldStream(stream.call(this), hold);
    });
  }

  #holdWhile(target: object, name: string): void {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== "function") return;
    const hold = <T>(work: Promise<T>): Promise<T> => this.#hold(work);
    this.#replace(target, name, function (this: unknown, ...args: unknown[]): unknown {
      return hold(Reflect.apply(original, this, args));
    });
  }

  #replace(target: object, name: string, value: unknown): void {
    const own = Object.getOwnPropertyDescriptor(target, name);
    if (own?.configurable === false) {
      // A property of Bun's WebCrypto cannot be redefined, but it can be assigned.
      if (Reflect.set(target, name, value)) {
        this.#undo.push(() => void Reflect.set(target, name, own.value));
      }
      return;
    }
    Object.defineProperty(target, name, { configurable: true, writable: true, value });
    this.#undo.push(() => {
      if (own === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, own);
    });
  }
}

/** Wraps a stream so that time stands still during each read. */
function heldStream(
  stream: ReadableStream<Uint8Array>,
  hold: <T>(work: Promise<T>) => Promise<T>,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { done, value } = await hold(reader.read());
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** Makes a `Date` that shows the virtual time, and is otherwise the real one. */
function fakeDate(timers: VirtualTimers): DateConstructor {
  const now = (): number => Math.floor(timers.now);
  return new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: (target) => new target(now()).toString(),
    get: (target, key) => key === "now" ? now : Reflect.get(target, key),
  });
}
