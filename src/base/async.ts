/** Signals and turns: waiting that ends at once when its caller leaves. */

import { allowListeners } from "./runtime.ts";

/**
 * Calls `then` when the signal aborts, or at once if it has. The returned function takes it back: a
 * listener that stays, or `AbortSignal.any`, would keep memory for each call on a long-lived signal.
 */
export function onAbort(signal: AbortSignal | undefined, then: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    then();
    return () => {};
  }
  allowListeners(signal);
  signal.addEventListener("abort", then, { once: true });
  return () => signal.removeEventListener("abort", then);
}

/** `promise`, or the signal's reason as soon as it aborts. */
export async function unlessAborted<T>(
  promise: T | PromiseLike<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  let unlisten = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    unlisten = onAbort(signal, () => reject(signal?.reason));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    unlisten();
  }
}

/** Runs what it is given one after the other. */
export function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
