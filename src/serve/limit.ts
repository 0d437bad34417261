import { type Duration, toMs } from "../base/duration.ts";
import { Refusal } from "./http.ts";

/** How much one user may do. */
export interface UserLimit {
  /** How many runs. Uploads have as many again. */
  runs: number;
  /** In which time, counted back from each moment. */
  per: Duration;
}

/** How many users are remembered; the one seen last the longest time ago is forgotten first. */
const USERS = 10_000;

/** Counts what users do, in this process. */
export class UserLimiter {
  readonly #runs: number;
  readonly #per: number;
  readonly #times = new Map<string, number[]>();

  /** @throws {RangeError} If a value cannot be used. */
  constructor({ runs, per }: UserLimit) {
    if (!(runs >= 0)) throw new RangeError(`Cannot limit users to ${runs} runs: give a number`);
    this.#runs = runs;
    this.#per = toMs(per, "limit.per", 1);
  }

  /**
   * Counts one more.
   *
   * @throws {Refusal} 429, if it is one too many.
   */
  take(user: string): void {
    const now = Date.now();
    const times = (this.#times.get(user) ?? []).filter((time) => time > now - this.#per);
    if (times.length >= this.#runs) {
      const wait = Math.ceil(((times[0] ?? now) + this.#per - now) / 1000);
      throw new Refusal(429, `too many runs, resets in ~${wait}s`, { "retry-after": `${wait}` });
    }
    this.#times.delete(user);
    this.#times.set(user, [...times, now]);
    for (const oldest of this.#times.keys()) {
      if (this.#times.size <= USERS) break;
      this.#times.delete(oldest);
    }
  }
}
