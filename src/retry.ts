/** The only user of `@std/async/retry`: how often, and after which wait, a call is sent again. */

import { delay } from "@std/async/delay";
import { retry } from "@std/async/retry";
import { type Duration, toMs } from "./duration.ts";
import { wholeNumber } from "./numbers.ts";
import { shown } from "./words.ts";

/** When a call that failed is sent again. */
export interface RetryOptions {
  /** How many times after the first one. Default 3; 0 turns retries off. */
  maxRetries?: number | undefined;
  /** The first wait. Default 500 ms. */
  minDelay?: Duration | undefined;
  /** The longest wait of our own choosing; a server may ask for more. Default `"30s"`. */
  maxDelay?: Duration | undefined;
  /** By how much each wait is longer than the one before. Default 2, at least 1. */
  multiplier?: number | undefined;
  /** The random share of a wait, from 0 to 1. Default 0.5: between half of it and all of it. */
  jitter?: number | undefined;
}

/** {@linkcode RetryOptions} with every value known, in milliseconds. */
export interface RetryPolicy {
  readonly maxRetries: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly multiplier: number;
  readonly jitter: number;
}

const DEFAULTS: RetryPolicy = {
  maxRetries: 3,
  minDelay: 500,
  maxDelay: 30_000,
  multiplier: 2,
  jitter: 0.5,
};

/**
 * The policy of `options` on top of `base`.
 *
 * @throws {RangeError} If a value cannot be used; the message says which.
 */
export function retryPolicy(
  options: RetryOptions | false | undefined,
  base: RetryPolicy = DEFAULTS,
): RetryPolicy {
  if (options === undefined) return base;
  if (options === false) return { ...base, maxRetries: 0 };
  const { maxRetries, minDelay, maxDelay, multiplier, jitter } = options;
  return {
    maxRetries: wholeNumber(maxRetries ?? base.maxRetries, "retry.maxRetries", 0),
    minDelay: toMs(minDelay ?? base.minDelay, "retry.minDelay"),
    maxDelay: toMs(maxDelay ?? base.maxDelay, "retry.maxDelay"),
    multiplier: within(multiplier ?? base.multiplier, 1, Number.MAX_VALUE, "retry.multiplier"),
    jitter: within(jitter ?? base.jitter, 0, 1, "retry.jitter"),
  };
}

/** What {@linkcode withRetry} has to know about one call. */
export interface RetryRules {
  policy: RetryPolicy;
  signal: AbortSignal | undefined;
  /** The moment, as of `Date.now()`, after which the call is of no use. */
  deadline: number | undefined;
  /** Whether what went wrong may be tried again. */
  mayRetry: (error: unknown) => boolean;
  /** How long the server asked to wait, in milliseconds. */
  serverWait: (error: unknown) => number | undefined;
}

/**
 * Calls `attempt` until it succeeds, may not be tried again, or has been tried often enough; then
 * throws what the last attempt threw.
 */
export function withRetry<T>(attempt: () => Promise<T>, rules: RetryRules): Promise<T> {
  const { policy, signal } = rules;
  let attempts = 0;
  const again = (error: unknown): boolean =>
    attempts <= policy.maxRetries && !signal?.aborted && rules.mayRetry(error) &&
    Date.now() + (rules.serverWait(error) ?? 0) < (rules.deadline ?? Infinity);

  async function attemptWithServerWaits(): Promise<T> {
    for (;;) {
      try {
        attempts++;
        return await attempt();
      } catch (error) {
        // `retry` has no delay of an attempt's own, so what the server asks for is slept here.
        const wait = rules.serverWait(error);
        if (wait === undefined || !again(error)) throw error;
        await delay(wait, signal ? { signal } : undefined);
      }
    }
  }

  return retry(attemptWithServerWaits, {
    maxAttempts: policy.maxRetries + 1,
    minTimeout: Math.min(policy.minDelay, policy.maxDelay),
    maxTimeout: Math.max(policy.maxDelay, 1),
    multiplier: policy.multiplier,
    jitter: policy.jitter,
    // Always false after the last attempt, so that `retry` never wraps the error in its own.
    isRetriable: again,
    ...(signal && { signal }),
  });
}

function within(value: number, least: number, most: number, name: string): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  const range = most === Number.MAX_VALUE ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`Cannot use ${shown(value)} as ${name}: give a number ${range}`);
}
