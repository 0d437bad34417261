import type { TimeoutError, TimeoutPhase } from "./errors.ts";

/** The longest timer that runtimes know; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * The clocks and the abort signal of one attempt.
 *
 * `failed` rejects at once when the caller's signal aborts or a clock runs out, whether or not the
 * `fetch` in use obeys its signal.
 */
export class Attempt {
  /** What `fetch` is given. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timers: Partial<Record<TimeoutPhase, ReturnType<typeof setTimeout>>> = {};
  readonly #failed: Promise<never>;
  readonly #caller: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #reject: (reason: unknown) => void = () => {};
  #over = false;

  /**
   * @param caller The caller's signal.
   * @param keep Whether the request goes on when the caller leaves: see `RequestSpec.onOrphan`.
   */
  constructor(caller: AbortSignal | undefined, keep = false) {
    this.signal = this.#controller.signal;
    this.#caller = caller;
    this.#failed = new Promise((_, reject) => this.#reject = reject);
    this.#failed.catch(() => {});
    this.#onAbort = () => {
      this.#reject(caller?.reason);
      if (!keep) this.#controller.abort(caller?.reason);
    };
    // A listener that is removed: `AbortSignal.any` with a long-lived signal keeps memory per call.
    if (caller?.aborted) this.#onAbort();
    else caller?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Whether the caller has left, or a clock has run out. */
  get aborted(): boolean {
    return this.signal.aborted || this.#caller?.aborted === true;
  }

  /** Starts a clock; `ms` of `null` is none. */
  start(phase: TimeoutPhase, ms: number | null, error: () => TimeoutError): void {
    this.stop(phase);
    if (ms === null || this.#over) return;
    this.#timers[phase] = setTimeout(() => this.fail(error()), Math.min(ms, LONGEST));
  }

  /** Stops a clock. */
  stop(phase: TimeoutPhase): void {
    const timer = this.#timers[phase];
    if (timer !== undefined) clearTimeout(timer);
    delete this.#timers[phase];
  }

  /** Ends the attempt, and the request with it. */
  fail(reason: unknown): void {
    this.#reject(reason);
    this.#controller.abort(reason);
  }

  /** `promise`, or the end of the attempt if that comes first. */
  race<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failed]);
  }

  /** Releases the clocks and the listener. Call it on every path. */
  close(): void {
    this.#over = true;
    for (const phase of Object.keys(this.#timers)) this.stop(phase as TimeoutPhase);
    this.#caller?.removeEventListener("abort", this.#onAbort);
  }
}
