/** The answer to one request, in the form that its caller wants, or the error that it is. */

import { excerpt } from "../base/text.ts";
import { ApiError } from "../errors.ts";
import type { Attempt } from "./attempt.ts";
import { discard, guarded, guardedReader, type IdleLimit, readText } from "./body.ts";
import { apiError, lost } from "./failure.ts";
import { serverWait } from "./retry.ts";
import type { Call } from "./types.ts";

/** The most bytes of an error's body that are read. */
const MOST_OF_ERROR = 64 * 1024;
/** The longest wait that a server can mean, in milliseconds. */
const DAY = 86_400_000;
/** The most bytes of an answer that are read: more than any page of the API has. */
const MOST = 64 * 1024 * 1024;

/**
 * Reads an answer as its call wants it.
 *
 * @param turn The turn of the limiter, which learns from the status and the headers.
 * @throws {ApiError} If the answer is an error, or cannot be used.
 */
export async function answerOf<T>(
  call: Call,
  response: Response,
  attempt: Attempt,
  turn: object | undefined,
): Promise<T> {
  const { spec } = call;
  attempt.stop("connect");
  // A `fetch` that does not obey its signal may answer long after everybody has left.
  const { signal } = attempt;
  if (signal.aborted) {
    discard(response);
    throw signal.reason;
  }
  const { ok, status, headers } = response;
  if (!ok) return await refused<T>(call, response, attempt, turn);
  if (turn) call.limiter?.observe(turn, { status, headers, retryAfter: undefined });
  if (spec.as === "response") return guarded(response, attempt, idleLimit(call, attempt)) as T;
  if (spec.as === "reader") {
    const reader = guardedReader(response, attempt, idleLimit(call, attempt));
    return { headers: response.headers, ...reader } as T;
  }
  let text: string;
  try {
    text = await textOf(call, response, attempt);
  } catch (cause) {
    if (cause instanceof ApiError || attempt.signal.aborted) throw cause;
    throw lost(call, "the answer broke off", cause);
  }
  if (spec.as === "text") return text as T;
  const answer = parse(call, response, text);
  spec.onAnswer?.(answer);
  return answer as T;
}

/** The text of a whole answer; with `salvage`, of as much as came. */
function textOf(call: Call, response: Response, attempt: Attempt): Promise<string> {
  const { headers } = response;
  const length = Number(headers.get("content-length") ?? Infinity);
  const isKnown = length <= MOST && !headers.has("content-encoding");
  // The platform's own reader is the fastest, where it is known that it will not read for ever.
  if (isKnown && !call.spec.salvage) return response.text();
  // A `fetch` of somebody's own may have changed the body, and left its header as it was.
  const { fetch, middleware } = call.settings;
  const isExact = isKnown && !fetch && middleware.length === 0;
  return boundedText(call, response, attempt, isExact ? length : undefined);
}

async function boundedText(
  call: Call,
  response: Response,
  attempt: Attempt,
  length: number | undefined,
): Promise<string> {
  const partial = call.spec.salvage !== undefined;
  const { text, whole } = await readText(response, attempt, MOST, partial, length);
  if (whole || partial) return text;
  throw apiError(call, response, "", { detail: `but the answer has more than ${MOST} bytes` });
}

/** From now on, only a body that stops moving ends the attempt. */
function idleLimit(call: Call, attempt: Attempt): IdleLimit {
  attempt.stop("request");
  return {
    ms: call.timeout.idle,
    broken: (cause) => lost(call, "the answer broke off", cause),
  };
}

function parse(call: Call, response: Response, text: string): unknown {
  const { spec } = call;
  if (text === "" && (response.status === 204 || spec.method === "DELETE") && !spec.expect) {
    return undefined;
  }
  let answer: unknown;
  let detail: string | undefined;
  let cause: unknown;
  try {
    answer = JSON.parse(text);
    const fault = faultOf(answer, spec.expect);
    if (fault) detail = `but the answer is ${fault}`;
  } catch (error) {
    const rest = spec.salvage?.(text);
    if (rest !== undefined) return rest;
    // What engines say of text that is no JSON quotes the characters around, which may be a prompt's.
    if (!(error instanceof SyntaxError)) cause = error;
    // The input of a prediction stands in each answer about it: only the page of a proxy is shown.
    const type = response.headers.get("content-type") ?? "no content type";
    const isPage = spec.method === "GET" && !/^\s*[[{"]/.test(text);
    const shown = isPage ? `): ${excerpt(text)}` : `, ${text.length} characters)`;
    detail = `but the answer is ${text === "" ? "empty" : `not JSON (${type}${shown}`}`;
  }
  if (detail === undefined) return answer;
  throw apiError(call, response, text, { detail, ...(cause !== undefined && { cause }) });
}

/** The fault of an answer that is JSON, but not what was asked for. */
function faultOf(answer: unknown, expect: Call["spec"]["expect"]): string | undefined {
  if (expect === undefined) return undefined;
  const what = answer === null ? "null" : Array.isArray(answer) ? "a list" : typeof answer;
  if (what !== "object") return what === "null" || what === "a list" ? what : `a ${what}`;
  const { id, results } = answer as { id?: unknown; results?: unknown };
  if (expect === "page") return Array.isArray(results) ? undefined : "an object without results";
  const hasId = typeof id === "string" && id !== "";
  return expect === "object" || hasId ? undefined : "an object without an id";
}

/** The server said no: the limiter learns of it, and the caller gets the error. */
async function refused<T>(
  call: Call,
  response: Response,
  attempt: Attempt,
  turn: object | undefined,
): Promise<T> {
  const { spec, uncertain } = call;
  const { status, headers } = response;
  // The status counts: its body is a bonus, which may break off or not be what its encoding says.
  const { text } = await readText(response, attempt, MOST_OF_ERROR, true);
  const error = apiError(call, response, text);
  const wait = serverWait(error) ?? 0;
  // Others are held back for as long as a call would wait, and not at all by what makes no sense.
  const retryAfter = wait <= DAY ? Math.min(wait, call.retry.maxServerWait) : undefined;
  if (turn) call.limiter?.observe(turn, { status, headers, retryAfter });
  // An earlier attempt, of which nothing was heard, has deleted it.
  if (spec.method === "DELETE" && status === 404 && uncertain) return undefined as T;
  throw error;
}
