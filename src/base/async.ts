/** Signals and turns: waiting that ends at once when its caller leaves. */

import { allowListeners, isolatesRequests } from "./runtime.ts";

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

/** `promise`, or `undefined` after `ms` milliseconds. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The time between two looks at the work of another request, in milliseconds. */
const LOOK = 20;
/** For how long work of another request is waited for, as that may end without a word. */
const LONGEST_WORK = 60_000;

/**
 * Runs work of the same key one piece after the other, and work of different keys side by side.
 *
 * @param isolated If `true`, nobody waits for a promise of another's, as that hangs where it belongs to
 * another request. Default: as the runtime needs it.
 */
export function keyedQueue(
  isolated: boolean = isolatesRequests(),
): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, { over: boolean; ended: Promise<void> }>();
  return async (key, work) => {
    const before = last.get(key);
    let end = (): void => {};
    const mine = { over: false, ended: new Promise<void>((resolve) => end = resolve) };
    last.set(key, mine);
    try {
      if (!isolated) await before?.ended;
      else {
        for (let ms = 0; before && !before.over && ms < LONGEST_WORK; ms += LOOK) {
          await new Promise((resolve) => setTimeout(resolve, LOOK));
        }
      }
      return await work();
    } finally {
      mine.over = true;
      end();
      // Unless more work of this key has come since.
      if (last.get(key) === mine) last.delete(key);
    }
  };
}

/** Runs work one piece after the other. */
export function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  const queue = keyedQueue(false);
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
    throw new TypeError(
      "Cannot use this as signal: give an AbortSignal, such as controller.signal",
    );
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
