/** Errors for requests that got no usable answer, from what `fetch` rejected with on each runtime. */

import { retryAfterMs } from "../base/problem.ts";
import {
  ApiError,
  type ApiErrorInit,
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

const REDIRECTS = "the server redirects, which is not followed";

/** The request of a call, for its error. */
function requestOf(
  { spec: { action, method }, url, attempts }: Call,
): Pick<ApiErrorInit, "action" | "method" | "url" | "attempts"> {
  return { action, method, url, attempts };
}

/** The error of an answer that is one, or that cannot be used. */
export function apiError(
  call: Call,
  { status, headers }: Response,
  body: string,
  more: { detail?: string; cause?: unknown } = {},
): ApiError {
  if (status >= 300 && status < 400) more = { detail: REDIRECTS };
  const init = {
    ...requestOf(call),
    status,
    headers,
    // Of JSON that is too deep for the engine nothing else is left: it stays whole.
    body: more.cause instanceof RangeError ? body : body.slice(0, KEPT),
    advice: adviceFor(call, status, retryAfterMs(headers, body)),
    ...more,
  };
  return status === 429 ? new RateLimitError(init) : new ApiError(init);
}

/** A note on what the answer does not say itself: what may have happened, and what to do. */
function adviceFor(call: Call, status: number, asked: number | undefined): string {
  const { maxServerWait } = call.retry;
  if (asked !== undefined && asked > maxServerWait) {
    return `; it asks to wait ${asked / 1000} s, and retry.maxServerWait is ${
      maxServerWait / 1000
    } s`;
  }
  if (status === 401) return `; tokens are made at ${TOKENS_PAGE}`;
  // These leave it open whether the work was done.
  return status === 408 || status >= 500 || status < 300 ? doubt(call) : "";
}

/** The error of a connection that broke, or never stood. */
export function lost(call: Call, why: string, thrown: unknown): ConnectionError {
  const request = requestOf(call);
  const cause = withoutSecret(thrown, call.secret);
  const refused = wasRefused(cause);
  why ||= refused ? `no connection to ${new URL(call.url).host}` : "the connection failed";
  const rest = refused ? "" : doubt(call);
  return new ConnectionError(`Cannot ${request.action}: ${why} (${reasonOf(cause)})${rest}`, {
    ...request,
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
  return lost(call, wasRedirect(cause) ? REDIRECTS : "", cause);
}

/** The error of a clock that ran out after `ms` milliseconds. */
export function timedOut(call: Call, phase: TimeoutPhase, ms: number | null): TimeoutError {
  const request = requestOf(call);
  const what = phase === "connect"
    ? "no answer"
    : phase === "idle"
    ? "nothing came"
    : "no whole answer";
  return new TimeoutError(
    `Cannot ${request.action}: ${what} within ${ms} ms (timeout.${phase})${doubt(call)}`,
    { ...request, phase },
  );
}

/** Says so where the server may have done what was asked. */
function doubt({ repeatable }: Call): string {
  return repeatable ? "" : "; it may have been accepted, so it is not sent again";
}
