/** Errors for requests that got no usable answer, from what `fetch` rejected with on each runtime. */

import { retryAfterMs } from "../base/problem.ts";
import {
  ApiError,
  ConnectionError,
  RateLimitError,
  TimeoutError,
  type TimeoutPhase,
} from "../errors.ts";
import { TOKENS_PAGE } from "./auth.ts";
import { isNetworkLoss, reasonOf, wasRedirect, wasRefused, withoutSecret } from "./network.ts";
import type { Call } from "./types.ts";

/** The most characters of an answer that an error keeps. */
const KEPT = 64 * 1024;

/** The error of an answer that is one, or that cannot be used. */
export function apiError(
  call: Call,
  { status, headers }: Response,
  body: string,
  more: { detail?: string; cause?: unknown } = {},
): ApiError {
  const { spec: { action, method }, url, attempts } = call;
  if (status >= 300 && status < 400) {
    more = { detail: "the server redirects, which is not followed" };
  }
  const init = {
    action,
    method,
    url,
    status,
    headers,
    // Of JSON that is too deep for the engine nothing else is left: it stays whole.
    body: more.cause instanceof RangeError ? body : body.slice(0, KEPT),
    attempts,
    advice: adviceFor(call, status, retryAfterMs(headers, body)),
    ...more,
  };
  return status === 429 ? new RateLimitError(init) : new ApiError(init);
}

/** A note on what the answer does not say itself: what may have happened, and what to do. */
function adviceFor(call: Call, status: number, asked: number | undefined): string {
  const { maxServerWait } = call.retry;
  if (asked !== undefined && asked > maxServerWait) {
    const [wait, most] = [asked, maxServerWait].map((ms) => `${Math.ceil(ms / 1000)} s`);
    return `; it asks to wait ${wait}, and retry.maxServerWait is ${most}`;
  }
  if (status === 401) return `; tokens are made at ${TOKENS_PAGE}`;
  return mayHaveDone(status) ? doubt(call, false) : "";
}

/** Tells whether an error answer of this status leaves it open whether the work was done. */
export function mayHaveDone(status: number): boolean {
  return status === 408 || status >= 500 || status < 300;
}

/** The error of a connection that broke, or never stood. */
export function lost(call: Call, why: string, thrown: unknown): ConnectionError {
  const { spec: { action, method }, url, attempts } = call;
  const cause = withoutSecret(thrown, call.secret);
  const refused = wasRefused(cause);
  const reason = why
    ? `${why} (${reasonOf(cause)})`
    : refused
    ? `no connection to ${new URL(url).host} (${reasonOf(cause)})`
    : `the connection failed (${reasonOf(cause)})`;
  return new ConnectionError(`Cannot ${action}: ${reason}${doubt(call, refused)}`, {
    method,
    url,
    attempts,
    cause,
  });
}

/**
 * The error to throw for a rejection of `fetch`: a lost network becomes ours. An abort, and anything
 * that is no loss of the network, stay as they are, unless they quote the token.
 */
export function rejectionOf(call: Call, cause: unknown): unknown {
  if (call.signal?.aborted) return cause;
  const isSafe = withoutSecret(cause, call.secret) === cause;
  if (isSafe && !isNetworkLoss(cause)) return cause;
  return lost(call, wasRedirect(cause) ? "the server redirects, which is not followed" : "", cause);
}

/** The error of a clock that ran out after `ms` milliseconds. */
export function timedOut(call: Call, phase: TimeoutPhase, ms: number | null): TimeoutError {
  const { spec: { action, method }, url, attempts } = call;
  const what = phase === "connect"
    ? "no answer"
    : phase === "idle"
    ? "nothing came"
    : "the whole answer was not there";
  return new TimeoutError(
    `Cannot ${action}: ${what} within ${ms} ms (timeout.${phase})${doubt(call, false)}`,
    { phase, method, url, attempts },
  );
}

/** Says so where the server may have done what was asked. */
function doubt({ repeatable }: Call, refused: boolean): string {
  return repeatable || refused ? "" : "; it may have been accepted, so it is not sent again";
}
