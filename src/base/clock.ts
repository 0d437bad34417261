/** Two clocks: one for durations, which never jumps, and one for moments of the server. */

/**
 * The moment in milliseconds since the program began. Durations are measured by it, as `Date.now()`
 * goes back or leaps when the system's clock is set, or when a machine wakes up.
 */
export function uptime(): number {
  return performance.now();
}

/** The longest timer that runtimes know, in milliseconds; a longer one would fire at once. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;

/** A `Date` header has whole seconds, so that half a second is added on average. */
const HALF_A_SECOND = 500;

/** The server's clock, learned from its `Date` headers. Until then, it is ours. */
export class ServerClock {
  /** The server's time less the program's, in milliseconds. */
  #offset: number | undefined;
  #heard: string | null = null;

  /** `true` once an answer has told it. */
  get known(): boolean {
    return this.#offset !== undefined;
  }

  /** The moment at the server, in milliseconds since 1970. */
  now(): number {
    return this.#offset === undefined ? Date.now() : uptime() + this.#offset;
  }

  /** Learns from an answer's `Date` header. */
  observe(date: string | null): void {
    // It has whole seconds, so that most answers say what the last one said: 2.5 us of a call on Deno.
    if (date === this.#heard) return;
    this.#heard = date;
    const ms = Date.parse(date ?? "");
    if (ms) this.#offset = ms + HALF_A_SECOND - uptime();
  }
}
