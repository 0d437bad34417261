/** `retry`, as `@std/async` has it. */

import { delay } from "./delay.ts";

/** Thrown by {@linkcode retry} after the last attempt; `cause` is what that attempt threw. */
export class RetryError extends Error {
  /** Makes the error from what the last attempt threw and the number of attempts. */
  constructor(cause: unknown, attempts: number) {
    super(`Retrying exceeded the maxAttempts (${attempts}).`, { cause });
    this.name = "RetryError";
  }
}

/** Options for {@linkcode retry}. */
export interface RetryOptions {
  /** The factor from each wait to the next. Default: 2. */
  multiplier?: number;
  /** The longest wait in milliseconds. Default: 60000. */
  maxTimeout?: number;
  /** The most calls of the function. Default: 5. */
  maxAttempts?: number;
  /** The first wait in milliseconds. Default: 1000. */
  minTimeout?: number;
  /** The random share of each wait, from 0 (none) to 1 (all of it). Default: 1. */
  jitter?: number;
  /** Tells whether another attempt makes sense after this error. Default: always. */
  isRetriable?: (err: unknown) => boolean;
  /** Ends the retrying: the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Calls `fn` until it does not throw, `maxAttempts` times at most, with growing waits between. */
export async function retry<T>(
  fn: (() => Promise<T>) | (() => T),
  options: RetryOptions = {},
): Promise<T> {
  const attempts = options.maxAttempts ?? 5;
  const waits = backoff(options);
  const abortable = options.signal ? { signal: options.signal } : {};

  for (let left = attempts - 1;; left--) {
    options.signal?.throwIfAborted();
    let thrown: unknown;
    try {
      return await fn();
    } catch (error) {
      thrown = error;
    }
    if (options.isRetriable && !options.isRetriable(thrown)) throw thrown;
    if (left === 0) throw new RetryError(thrown, attempts);
    await delay(waits.next().value, abortable);
  }
}

/** Checks the options and gives the waits one after the other, without an end. */
function backoff(options: RetryOptions): Iterator<number, never> {
  const { multiplier = 2, maxTimeout = 60_000, maxAttempts = 5, minTimeout = 1000 } = options;
  const { jitter = 1 } = options;
  demand(Number.isInteger(maxAttempts) && maxAttempts >= 1, "maxAttempts", maxAttempts);
  demand(Number.isFinite(multiplier) && multiplier >= 1, "multiplier", multiplier);
  demand(maxTimeout > 0, "maxTimeout", maxTimeout);
  demand(minTimeout >= 0 && minTimeout <= maxTimeout, "minTimeout", minTimeout);
  demand(jitter >= 0 && jitter <= 1, "jitter", jitter);

  let full = minTimeout;
  return {
    next: () => {
      const value = Math.min(full, maxTimeout) * (1 - jitter * Math.random());
      full *= multiplier;
      return { done: false, value };
    },
  };
}

/** Throws a RangeError that names the option unless `ok`. */
function demand(ok: boolean, name: string, value: number): void {
  if (!ok) {
    throw new RangeError(`Cannot retry as '${name}' is out of range: current value is ${value}`);
  }
}
