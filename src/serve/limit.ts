/** The limit per user of a proxy. */

import { type Duration, toMs } from "../base/duration.ts";
import { Refusal } from "./refusal.ts";

/** A limit for each user: so many runs in any period of this length. */
export interface UserLimit {
  /** The greatest number of runs. Uploads are counted apart, up to the same number. */
  runs: number;
  /** The length of the period, which ends at each request. */
  per: Duration;
}

/** The greatest number of users to remember; the one who has been away longest makes room. */
const USERS = 10_000;

/** Counts what each user does, in this process. */
export class UserLimiter {
  readonly #runs: number;
  readonly #per: number;
  readonly #times = new Map<string, number[]>();

  /** @throws {RangeError} If a value cannot be used. */
  constructor({ runs, per }: UserLimit) {
    if (!(runs >= 0)) {
      throw new RangeError(`Cannot limit users to ${runs} runs: give a number of at least 0`);
    }
    this.#runs = runs;
    this.#per = toMs(per, "limit.per", 1);
  }

  /**
   * Counts one more request of a user.
   *
   * @throws {Refusal} 429 if it exceeds the limit.
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
