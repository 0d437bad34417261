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

/** Runs work of the same key one piece after the other, and work of different keys side by side. */
export function keyedQueue(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<void>>();
  return (key, work) => {
    const result = Promise.resolve(last.get(key)).then(work);
    const forget = (): void => {
      // Unless more work of this key has come since.
      if (last.get(key) === settled) last.delete(key);
    };
    const settled = result.then(forget, forget);
    last.set(key, settled);
    return result;
  };
}

/** Runs work one piece after the other. */
export function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  const queue = keyedQueue();
  return (work) => queue("", work);
}

let adopted: WeakMap<object, AbortSignal> | undefined;

/**
 * A signal of the caller's as one of the platform's: those of other makes, such as `abort-controller`,
 * have no `reason`, and no `throwIfAborted`.
 *
 * @throws {TypeError} If it is no signal.
 */
export function signalOf(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal.throwIfAborted === "function" && "reason" in signal) return signal;
  if (typeof signal.addEventListener !== "function" || typeof signal.aborted !== "boolean") {
    const hint = "signal" in (signal as object) ? "give controller.signal" : "give an AbortSignal";
    throw new TypeError(`Cannot use this as signal: ${hint}`);
  }
  adopted ??= new WeakMap();
  const known = adopted.get(signal);
  if (known) return known;
  const controller = new AbortController();
  adopted.set(signal, controller.signal);
  // Once for each signal, and not for each call: the listener stays.
  onAbort(signal, () => controller.abort((signal as { reason?: unknown }).reason));
  return controller.signal;
}
