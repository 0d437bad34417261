/** The retry policy: which calls are sent again, how often, and after which wait. */

import { delay } from "@std/async/delay";
import { retry } from "@std/async/retry";
import { checkKeys, wholeNumber, within } from "../base/check.ts";
import { uptime } from "../base/clock.ts";
import { toMs } from "../base/duration.ts";
import { retryAfterMs } from "../base/problem.ts";
import {
  ApiError,
  AuthError,
  ConnectionError,
  isApiError,
  RateLimitError,
  TimeoutError,
} from "../errors.ts";
import { wasRedirect, wasRefused } from "./network.ts";
import type { RetryOptions } from "./options.ts";
import type { Call, RetryPolicy } from "./types.ts";

/** The wait that the server asks for before the call is sent again, in milliseconds. */
export function serverWait(error: unknown): number | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error instanceof RateLimitError ? error.retryAfter : retryAfterMs(error.headers);
}

/**
 * The fate of an attempt that failed: whether the server may have done its work.
 *
 * - `not accepted`: it did nothing, and may be asked again.
 * - `refused`: it did nothing, and would say the same again.
 * - `unknown`: it may have done it; the network or the server failed.
 * - `foreign`: it may have done it, and asking again is of no use: a redirect, an answer that cannot be
 *   read, or an error that is none of ours.
 */
export type Fate = "not accepted" | "refused" | "unknown" | "foreign";

/** The fate of an attempt that failed with this error. */
export function fateOf(error: unknown): Fate {
  if (error instanceof AuthError) return "refused";
  if (isApiError(error)) {
    const { status } = error;
    if (status === 429) return "not accepted";
    // A success or a redirect is an error here because its answer is not the one that was promised.
    if (status < 400) return "foreign";
    return status === 408 || status >= 500 ? "unknown" : "refused";
  }
  if (!(error instanceof ConnectionError) || wasRedirect(error.cause)) return "foreign";
  return wasRefused(error.cause) ? "not accepted" : "unknown";
}

/** The part of a call that says whether and when it is sent again. */
export type RetriedCall =
  & Pick<Call, "retry" | "signal" | "deadline" | "repeatable">
  & Partial<Pick<Call, "onRetry">>;

/** Tells whether a call that failed with this error may be sent again. */
export function mayRetry({ repeatable }: Pick<Call, "repeatable">, error: unknown): boolean {
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
  maxServerWait: 300_000,
};

/** The check of each option. */
const CHECKS: Record<keyof RetryPolicy, (value: never, name: string) => number> = {
  maxRetries: (value, name) => wholeNumber(value, name, 0),
  minDelay: toMs,
  maxDelay: toMs,
  multiplier: (value, name) => within(value, 1, Number.MAX_VALUE, name),
  jitter: (value, name) => within(value, 0, 1, name),
  maxServerWait: toMs,
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
  const names = Object.keys(CHECKS) as (keyof RetryPolicy)[];
  checkKeys(options, names, "use retry");
  const policy = { ...base } as Record<keyof RetryPolicy, number>;
  for (const name of names) {
    policy[name] = CHECKS[name]((options[name] ?? base[name]) as never, `retry.${name}`);
  }
  return policy;
}

/**
 * Calls `attempt` until it succeeds, may not be tried again, or has been tried often enough; then
 * throws what the last attempt threw.
 *
 * A wait is the longer one of our own and the server's. What the server asks for beyond our own is
 * waited out at the start of the next attempt, as `retry` has no delay of an attempt's own.
 */
export function withRetry<T>(attempt: () => Promise<T>, call: RetriedCall): Promise<T> {
  const { retry: policy, signal, deadline = Infinity } = call;
  const options = signal && { signal };
  let attempts = 0;
  /** When the server wants to hear of this call again, by the clock of durations. */
  let welcomeAt = 0;
  return retry(async () => {
    const early = attempts > 0 ? welcomeAt - uptime() : 0;
    if (early > 0) await delay(early, options);
    attempts++;
    return await attempt();
  }, {
    ...policy,
    maxAttempts: policy.maxRetries + 1,
    minTimeout: Math.min(policy.minDelay, policy.maxDelay),
    maxTimeout: Math.max(policy.maxDelay, 1),
    // Always false after the last attempt, so that `retry` never wraps the error in its own.
    isRetriable: (error) => {
      if (attempts > policy.maxRetries || signal?.aborted || !mayRetry(call, error)) return false;
      const wait = serverWait(error) ?? 0;
      welcomeAt = uptime() + wait;
      const again = wait <= policy.maxServerWait && welcomeAt < deadline;
      if (again) call.onRetry?.(error, wait);
      return again;
    },
    ...options,
  });
}
