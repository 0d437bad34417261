import { VirtualTimers } from "./timers.ts";

/** Where a fake takes its time from. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with `signal.reason` when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The clock of the runtime. It looks `Date` and `setTimeout` up at each call, so that the fake
 * timers of a test framework work for it too.
 *
 * @example
 * ```ts
 * import { FakeReplicate, systemClock } from "@x/replicate/testing";
 *
 * await using fake = new FakeReplicate({ models: {}, clock: systemClock });
 * if (Math.abs(fake.clock.now() - Date.now()) > 1_000) throw new Error("another time");
 * ```
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    abortable(signal, (wake) => {
      const id = setTimeout(wake, ms);
      return () => clearTimeout(id);
    }),
};

/**
 * A clock that stands still until it is told to move, for a fake in a test that keeps real time.
 * Whole tests in virtual time are easier with `withFakeTime`.
 *
 * @example
 * ```ts
 * import { FakeClock } from "@x/replicate/testing";
 *
 * const clock = new FakeClock(0);
 * const slept = clock.sleep(60_000).then(() => clock.now());
 * await clock.advance(61_000);
 * if (await slept !== 60_000) throw new Error("woke at another time");
 * ```
 */
export class FakeClock implements Clock {
  readonly #timers: VirtualTimers;

  /**
   * Makes a clock that stands still.
   *
   * @param start The time it shows, in milliseconds since 1970. Default: now.
   */
  constructor(start: number = Date.now()) {
    this.#timers = new VirtualTimers(start);
  }

  /** How many sleepers wait. */
  get pending(): number {
    return this.#timers.pending;
  }

  /** The time it shows, in milliseconds since 1970. */
  now(): number {
    return this.#timers.now;
  }

  /** Resolves once the clock was moved past `ms` from now; rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return abortable(signal, (wake) => {
      const id = this.#timers.add(wake, ms);
      return () => this.#timers.delete(id);
    });
  }

  /** Moves the clock, and wakes those whose time has come one after the other. */
  async advance(ms: number): Promise<void> {
    const target = this.now() + ms;
    await macrotask();
    for (let due = this.#timers.nextDue(); due !== undefined && due <= target;) {
      this.#timers.fireNext();
      await macrotask();
      due = this.#timers.nextDue();
    }
    this.#timers.skipTo(target);
  }
}

function abortable(
  signal: AbortSignal | undefined,
  schedule: (wake: () => void) => () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = schedule(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
