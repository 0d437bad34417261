/** The limit per user of a proxy. */

import { uptime } from "../base/clock.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { Refusal } from "./refusal.ts";

/** A limit for each user: so many runs in any period of this length. */
export interface UserLimit {
  /** The greatest number of runs. Uploads are counted apart, up to the same number. */
  runs: number;
  /** The length of the period, which ends at each request. */
  per: Duration;
  /**
   * The greatest number of requests that do not create anything: for the state of a run or its stream, to
   * cancel it, or for a model. Default: 100 for each run.
   */
  reads?: number | undefined;
}

/** The greatest number of users to remember; the one who has been away longest makes room. */
const USERS = 10_000;
/** The parts of a period in which requests are counted together, so that a user's memory is bounded. */
const SLICES = 60;

/** The requests of a short time. */
interface Slice {
  readonly from: number;
  to: number;
  count: number;
}

/** Counts what each user does, in this process. */
export class UserLimiter {
  readonly #most: number;
  readonly #per: number;
  readonly #what: string;
  readonly #users = new Map<string, Slice[]>();

  /**
   * @param what The things that are counted, for the answer to a page.
   * @throws {RangeError} If a value cannot be used.
   */
  constructor(most: number, per: Duration, what: string) {
    if (!(most >= 0)) {
      throw new RangeError(`Cannot limit users to ${most} ${what}: give a number of at least 0`);
    }
    this.#most = most;
    this.#per = toMs(per, "limit.per", 1);
    this.#what = what;
  }

  /**
   * Counts one more request of a user.
   *
   * @throws {Refusal} 429 if it exceeds the limit.
   */
  take(user: string): void {
    const now = uptime();
    const slices = (this.#users.get(user) ?? []).filter(({ to }) => to > now - this.#per);
    if (slices.reduce((sum, { count }) => sum + count, 0) >= this.#most) {
      const wait = Math.ceil(((slices[0]?.to ?? now) + this.#per - now) / 1000);
      const detail = `too many ${this.#what}, resets in ~${wait}s`;
      throw new Refusal(429, detail, { "retry-after": `${wait}` });
    }
    const last = slices.at(-1);
    if (last && now < last.from + this.#per / SLICES) {
      last.to = now;
      last.count++;
    } else {
      slices.push({ from: now, to: now, count: 1 });
    }
    this.#users.delete(user);
    this.#users.set(user, slices);
    for (const oldest of this.#users.keys()) {
      if (this.#users.size <= USERS) break;
      this.#users.delete(oldest);
    }
  }
}

/** The limits of a proxy, of which each counts for itself. */
export class UserLimits {
  /** Creating runs. */
  readonly runs: UserLimiter;
  /** Uploading files. */
  readonly files: UserLimiter;
  /** Everything else. */
  readonly reads: UserLimiter;

  /** @throws {RangeError} If a value cannot be used. */
  constructor({ runs, per, reads = 100 * runs }: UserLimit) {
    this.runs = new UserLimiter(runs, per, "runs");
    this.files = new UserLimiter(runs, per, "uploads");
    this.reads = new UserLimiter(reads, per, "reads");
  }
}
