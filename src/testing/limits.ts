/** The rate limits of a fake. */

import type { Clock } from "./clock.ts";
import { ErrorAnswer } from "./error_answer.ts";
import type { Budget, RateLimit } from "./types.ts";

/** The token buckets for creating and for everything else, on the fake's clock. */
export class Limits {
  readonly #buckets: {
    readonly create?: TokenBucket | undefined;
    readonly read?: TokenBucket | undefined;
  };
  readonly #header: boolean;

  constructor(limit: RateLimit | false | undefined, clock: Clock) {
    const bucket = (budget?: Budget): TokenBucket | undefined =>
      budget && new TokenBucket(budget, clock);
    this.#buckets = limit ? { create: bucket(limit.create), read: bucket(limit.read) } : {};
    this.#header = limit ? limit.retryAfterHeader ?? false : false;
  }

  /** Takes a token, and gives the headers for the answer. Throws the 429 when there is no token. */
  take(kind: "create" | "read"): Record<string, string> {
    const bucket = this.#buckets[kind];
    if (!bucket) return {};
    const admitted = bucket.take();
    const seconds = bucket.seconds();
    const headers = {
      "ratelimit-remaining": String(bucket.remaining()),
      "ratelimit-reset": String(seconds),
    };
    if (admitted) return headers;
    throw new ErrorAnswer(429, `Request was throttled. Your rate limit resets in ~${seconds}s.`, {
      body: { retry_after: seconds },
      headers: this.#header ? { ...headers, "retry-after": String(seconds) } : headers,
    });
  }
}

/** Rounding must not delay a token: the last millionth of one does not count. */
const EPSILON = 1e-6;

/** A bucket that fills with the time and holds `burst` tokens at most. */
class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #at: number;

  constructor({ perMinute, burst = perMinute }: Budget, clock: Clock) {
    this.#perMs = perMinute / 60_000;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#at = clock.now();
  }

  take(): boolean {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#tokens < 1 - EPSILON) return false;
    this.#tokens -= 1;
    return true;
  }

  remaining(): number {
    return Math.max(0, Math.floor(this.#tokens + EPSILON));
  }

  /** The whole seconds until there is a token again, at least 1. */
  seconds(): number {
    const missing = Math.max(0, 1 - this.#tokens);
    return Math.max(1, Math.ceil(missing / this.#perMs / 1000 - EPSILON));
  }
}
