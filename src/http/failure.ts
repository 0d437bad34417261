/** Errors for requests that got no answer, from the value that `fetch` rejected with on each runtime. */

import {
  ApiError,
  ConnectionError,
  RateLimitError,
  TimeoutError,
  type TimeoutPhase,
} from "../errors.ts";
import type { Call } from "./types.ts";

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

/** Turns a rejection of `fetch` into the error to throw: a lost network becomes ours, the rest stays. */
export function rejectionOf(call: Call, cause: unknown): unknown {
  if (call.signal?.aborted || !isNetworkLoss(cause)) return cause;
  const why = wasRedirect(cause) ? "the server redirects, which is not followed" : "";
  return lost(call, why, cause);
}

/** The error of a clock that ran out after `ms` milliseconds. */
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

function hostOf(url: string): string {
  return new URL(url).host;
}

/**
 * Tells whether `fetch` rejected because the network failed: with a `TypeError` or a system `code`.
 * workerd's plain `Error` carries `retryable` instead. Anything else is somebody's bug.
 */
export function isNetworkLoss(error: unknown): boolean {
  return error instanceof TypeError || codes(error).length > 0 ||
    (error instanceof Error && typeof (error as { retryable?: unknown }).retryable === "boolean");
}

/** Tells whether the server cannot have seen the request: nobody listens, or the name is not known. */
export function wasRefused(error: unknown): boolean {
  return codes(error).some((code) => REFUSED.has(code)) ||
    // Deno says it in words only: the error of its HTTP client while it was still connecting.
    chain(error).some((item) =>
      item instanceof Error && item.message.includes("client error (Connect)")
    );
}

/** Tells whether `fetch` rejected because it met a redirect, which it was told not to follow. */
export function wasRedirect(error: unknown): boolean {
  return chain(error).some((item) => item instanceof Error && /\bredirect/i.test(item.message)) ||
    codes(error).includes("UnexpectedRedirect");
}

/** The innermost words on what went wrong, for a message. */
export function reasonOf(error: unknown): string {
  const last = chain(error).at(-1);
  const code = codes(error)[0];
  const message = last instanceof Error ? last.message || last.name : String(last);
  return code && !message.includes(code) ? `${message || "no answer"} (${code})` : message;
}

const REFUSED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ConnectionRefused",
  "FailedToOpenSocket",
]);

/** An error with its causes, the outermost first. */
function chain(error: unknown): unknown[] {
  const result: unknown[] = [];
  for (let item = error; item !== undefined && item !== null && result.length < 6;) {
    result.push(item);
    item = (item as { cause?: unknown }).cause;
  }
  return result;
}

function codes(error: unknown): string[] {
  return chain(error).map((item) => (item as { code?: unknown }).code)
    .filter((code) => typeof code === "string");
}
