/** `delay`, as `@std/async` has it. */

/** Options for {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the wait early: the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** True if the timer keeps the process alive. Default: `true`. */
  persistent?: boolean;
}

declare const Deno: { unrefTimer(id: number): void };

/** The longest wait one timer can do; longer ones are cut into pieces. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds; rejects as soon as the signal aborts. */
export function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);

    let timer: ReturnType<typeof setTimeout> | undefined;
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const sleep = (left: number): void => {
      const step = Math.min(left, LONGEST_TIMER_MS);
      timer = setTimeout(() => {
        if (left > step) return sleep(left - step);
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, step);
      if (persistent === false) Deno.unrefTimer(Number(timer));
    };

    signal?.addEventListener("abort", onAbort, { once: true });
    sleep(ms > 0 ? Math.floor(ms) : 0);
  });
}
