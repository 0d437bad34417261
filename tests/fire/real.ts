/** The platform's own functions, as they were before a program of callers put its own in their place. */

/** The functions of the platform that a program replaces. */
export interface Platform {
  readonly setTimeout: typeof globalThis.setTimeout;
  readonly clearTimeout: typeof globalThis.clearTimeout;
  readonly setInterval: typeof globalThis.setInterval;
  readonly clearInterval: typeof globalThis.clearInterval;
  readonly fetch: typeof globalThis.fetch;
  readonly Date: typeof globalThis.Date;
}

/** Timers, clock and `fetch` of the platform. */
export const real: Platform = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  fetch: globalThis.fetch,
  Date: globalThis.Date,
};

/** Waits for so many milliseconds, whatever the program did to the timers. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => real.setTimeout(resolve, ms));
}
