/** The clocks that a fake can live by: the runtime's, and one that a test moves. */

import { VirtualTimers } from "./timers.ts";

/** The clock of a fake. */
export interface Clock {
  /** The time in milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with `signal.reason` when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The clock of the runtime. It looks up `Date` and `setTimeout` at each call, so the fake timers of
 * a test framework apply to it too.
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
 * A clock that moves only when {@link FakeClock.advance} is called, for a fake in a test that runs
 * in real time. For a whole test in virtual time, `withFakeTime` is easier.
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
   * @param start The time at the start, in milliseconds since 1970. Default: now.
   */
  constructor(start: number = Date.now()) {
    this.#timers = new VirtualTimers(start);
  }

  /** The number of pending `sleep` calls. */
  get pending(): number {
    return this.#timers.pending;
  }

  /** The time in milliseconds since 1970. */
  now(): number {
    return this.#timers.now;
  }

  /** Resolves when the clock has moved by `ms` milliseconds. Rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return abortable(signal, (wake) => {
      const id = this.#timers.add(wake, ms);
      return () => this.#timers.delete(id);
    });
  }

  /** Moves the clock by `ms` milliseconds, and wakes the pending sleepers one after another. */
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

/** Waits for a timer that `schedule` sets, or for the abort of a signal. */
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

/** Lets the code that was woken run before time moves on. */
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
