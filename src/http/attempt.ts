/** One attempt of a call: its clocks and its abort signal. */

import { onAbort } from "../base/async.ts";
import type { TimeoutError, TimeoutPhase } from "../errors.ts";

/** The longest timer that runtimes know; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** The clocks that an attempt has. */
type Clock = Extract<TimeoutPhase, "connect" | "request" | "idle">;

/**
 * The clocks and the abort signal of one attempt.
 *
 * `race` rejects at once when the caller's signal aborts or a clock runs out, whether or not the
 * `fetch` in use obeys its signal.
 */
export class Attempt {
  /** The signal for `fetch`. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timers: Record<Clock, ReturnType<typeof setTimeout> | undefined> = {
    connect: undefined,
    request: undefined,
    idle: undefined,
  };
  readonly #waiting = new Set<(reason: unknown) => void>();
  readonly #caller: AbortSignal | undefined;
  readonly #unlisten: () => void;
  #failed: { reason: unknown } | undefined;
  #over = false;

  /**
   * @param caller The caller's signal.
   * @param keep `true` lets the request go on when the caller leaves: see `RequestSpec.onOrphan`.
   */
  constructor(caller: AbortSignal | undefined, keep = false) {
    this.signal = this.#controller.signal;
    this.#caller = caller;
    this.#unlisten = onAbort(caller, () => {
      this.#reject(caller?.reason);
      if (!keep) this.#controller.abort(caller?.reason);
    });
  }

  /** `true` once the caller has left or a clock has run out. */
  get aborted(): boolean {
    return this.signal.aborted || this.#caller?.aborted === true;
  }

  /** Throws why, if the caller has left, or a clock has run out. */
  throwIfAborted(): void {
    this.#caller?.throwIfAborted();
    this.signal.throwIfAborted();
  }

  /** Starts a clock; `ms` of `null` is none. */
  start(phase: Clock, ms: number | null, error: () => TimeoutError): void {
    this.stop(phase);
    if (ms === null || this.#over) return;
    this.#timers[phase] = setTimeout(() => this.fail(error()), Math.min(ms, LONGEST));
  }

  /** Stops a clock. */
  stop(phase: Clock): void {
    const timer = this.#timers[phase];
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#timers[phase] = undefined;
  }

  /** Ends the attempt, and the request with it. */
  fail(reason: unknown): void {
    this.#reject(reason);
    this.#controller.abort(reason);
  }

  /** `promise`, or the end of the attempt if that comes first. */
  race<T>(promise: Promise<T>): Promise<T> {
    // Not `Promise.race` with a promise that stays pending: it would keep every chunk of a body.
    return new Promise<T>((resolve, reject) => {
      if (this.#failed) reject(this.#failed.reason);
      else this.#waiting.add(reject);
      promise.then((value) => {
        this.#waiting.delete(reject);
        resolve(value);
      }, (error) => {
        this.#waiting.delete(reject);
        reject(error);
      });
    });
  }

  #reject(reason: unknown): void {
    this.#failed ??= { reason };
    for (const reject of this.#waiting) reject(this.#failed.reason);
    this.#waiting.clear();
  }

  /** Releases the clocks and the listener. Call it on every path. */
  close(): void {
    this.#over = true;
    this.stop("connect");
    this.stop("request");
    this.stop("idle");
    this.#unlisten();
  }
}
