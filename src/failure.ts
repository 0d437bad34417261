/** What went wrong with an attempt, in words, and whether the call may be sent again. */

import {
  ApiError,
  ConnectionError,
  RateLimitError,
  TimeoutError,
  type TimeoutPhase,
} from "./errors.ts";
import { reasonOf, wasRedirect, wasRefused } from "./network.ts";
import type { Call } from "./request.ts";
import { retryAfterMs } from "./retry_after.ts";

export function apiError(
  { spec, url, attempts }: Call,
  { status, headers }: Response,
  body: string,
  more: { detail?: string; cause?: unknown } = {},
): ApiError {
  const { action, method } = spec;
  if (status >= 300 && status < 400) {
    more = { detail: "the server redirects, which is not followed" };
  }
  const init = { action, method, url, status, headers, body, attempts, ...more };
  return status === 429 ? new RateLimitError(init) : new ApiError(init);
}

export function lost(call: Call, why: string, cause: unknown): ConnectionError {
  const { spec: { action, method }, url, attempts } = call;
  const refused = wasRefused(cause);
  const reason = why
    ? `${why} (${reasonOf(cause)})`
    : refused
    ? `no connection to ${hostOf(url)} (${reasonOf(cause)})`
    : `the connection failed (${reasonOf(cause)})`;
  return new ConnectionError(`Cannot ${action}: ${reason}${doubt(call, refused)}`, {
    method,
    url,
    attempts,
    cause,
  });
}

export function timedOut(call: Call, phase: TimeoutPhase, ms: number | null): TimeoutError {
  const { spec: { action, method }, url, attempts } = call;
  const what = phase === "connect"
    ? "no answer"
    : phase === "idle"
    ? "nothing came"
    : "the whole answer was not there";
  const message = `Cannot ${action}: ${what} within ${ms} ms (timeout.${phase})${
    doubt(call, false)
  }`;
  return new TimeoutError(message, { phase, method, url, attempts });
}

/** Says so where the server may have done what was asked. */
function doubt({ repeatable }: Call, refused: boolean): string {
  return repeatable || refused ? "" : "; it may have been accepted, so it is not sent again";
}

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

function hostOf(url: string): string {
  return new URL(url).host;
}
