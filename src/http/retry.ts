/** Whether, how often, and after which wait a call is sent again. */

import { delay } from "@std/async/delay";
import { retry } from "@std/async/retry";
import { wholeNumber, within } from "../base/check.ts";
import { toMs } from "../base/duration.ts";
import { retryAfterMs } from "../base/problem.ts";
import { ApiError, ConnectionError, RateLimitError, TimeoutError } from "../errors.ts";
import { wasRedirect, wasRefused } from "./failure.ts";
import type { RetryOptions } from "./options.ts";
import type { Call, RetryPolicy } from "./types.ts";

export function serverWait(error: unknown): number | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error instanceof RateLimitError ? error.retryAfter : retryAfterMs(error.headers);
}

/** What the server has made of an attempt that failed. */
export type Fate = "not accepted" | "unknown" | "settled";

export function fateOf(error: unknown): Fate {
  if (error instanceof RateLimitError) return "not accepted";
  if (error instanceof ApiError) {
    return error.status === 408 || error.status >= 500 ? "unknown" : "settled";
  }
  if (!(error instanceof ConnectionError) || wasRedirect(error.cause)) return "settled";
  return wasRefused(error.cause) ? "not accepted" : "unknown";
}

export function mayRetry({ repeatable }: Call, error: unknown): boolean {
  const fate = fateOf(error);
  if (fate !== "unknown") return fate === "not accepted";
  return repeatable && !(error instanceof TimeoutError && error.phase === "deadline");
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
