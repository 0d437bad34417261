import { abortable } from "./abortable.ts";

/** Options for {@linkcode deadline}. */
export interface DeadlineOptions {
  /** Ends the wait early: the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Gives the promise's result, or rejects with a `TimeoutError` DOMException after `ms`. */
export async function deadline<T>(
  p: Promise<T>,
  ms: number,
  options: DeadlineOptions = {},
): Promise<T> {
  const clock = new AbortController();
  const timer = ms < 2 ** 31
    ? setTimeout(() => clock.abort(new DOMException("Signal timed out.", "TimeoutError")), ms)
    : undefined;
  try {
    const signals = options.signal ? [options.signal, clock.signal] : [clock.signal];
    return await abortable(p, AbortSignal.any(signals));
  } finally {
    clearTimeout(timer);
  }
}
