/** The answer to one request, in the form that its caller wants, or the error that it is. */

import { excerpt } from "../base/text.ts";
import { RateLimitError } from "../errors.ts";
import { type Attempt, discard, guarded, readStart } from "./attempt.ts";
import { apiError, lost, timedOut } from "./failure.ts";
import type { Answer, Call } from "./types.ts";

/** The most characters of an unusable answer that an error keeps. */
const KEPT = 64 * 1024;

/**
 * Reads an answer as its call wants it.
 *
 * @param observe Called as soon as the status and the headers are judged.
 * @throws {ApiError} If the answer is an error, or cannot be used.
 */
export async function answerOf<T>(
  call: Call,
  response: Response,
  attempt: Attempt,
  observe: (answer: Answer) => void,
): Promise<T> {
  const { spec } = call;
  attempt.stop("connect");
  // A `fetch` that does not obey its signal may answer long after everybody has left.
  if (attempt.signal.aborted) discard(response);
  attempt.signal.throwIfAborted();
  if (!response.ok) return await refused<T>(call, response, attempt, observe);
  observe({ status: response.status, headers: response.headers, retryAfter: undefined });
  if (spec.as === "response") return streamed(call, response, attempt) as T;
  const text = await response.text().catch((cause) => {
    throw attempt.signal.aborted ? cause : lost(call, "the answer broke off", cause);
  });
  return spec.as === "text" ? text as T : parse<T>(call, response, text);
}

function streamed(call: Call, response: Response, attempt: Attempt): Response {
  const ms = call.timeout.idle;
  attempt.stop("request");
  return guarded(response, attempt, {
    ms,
    error: () => timedOut(call, "idle", ms),
    broken: (cause) => lost(call, "the answer broke off", cause),
  });
}

function parse<T>(call: Call, response: Response, text: string): T {
  const empty = text === "" && (response.status === 204 || call.spec.method === "DELETE");
  if (empty) return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const type = response.headers.get("content-type") ?? "no content type";
    const detail = text === ""
      ? "but the answer is empty"
      : `but the answer is not JSON (${type}): ${excerpt(text)}`;
    throw apiError(call, response, text.slice(0, KEPT), { detail, cause });
  }
}

/** The server said no: the limiter learns of it, and the caller gets the error. */
async function refused<T>(
  call: Call,
  response: Response,
  attempt: Attempt,
  observe: (answer: Answer) => void,
): Promise<T> {
  const { spec, uncertain } = call;
  const { status, headers } = response;
  const body = await readStart(response, attempt);
  const error = apiError(call, response, body);
  const retryAfter = error instanceof RateLimitError ? error.retryAfter : undefined;
  observe({ status, headers, retryAfter });
  // An earlier attempt, of which nothing was heard, has deleted it.
  if (spec.method === "DELETE" && status === 404 && uncertain) return undefined as T;
  throw error;
}
