/** The answers to requests that fail: refusals of ours, errors of the API, and everything else. */

import { report } from "../base/report.ts";
import { ApiError, ConnectionError, TimeoutError } from "../errors.ts";

/** The reason why a request is refused, which can be thrown and becomes its answer. */
export class Refusal {
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The reason, as the page sees it. */
  readonly detail: string;
  /** The headers of the answer. */
  readonly headers: Headers;
  /** More members of the answer's JSON. */
  readonly more: Record<string, unknown>;

  constructor(
    status: number,
    detail: string,
    headers?: HeadersInit,
    more: Record<string, unknown> = {},
  ) {
    this.status = status;
    this.detail = detail;
    this.headers = new Headers(headers);
    this.more = more;
  }

  /** The answer, in the form of the API's own errors. */
  toResponse(): Response {
    const { status, detail, headers, more } = this;
    return Response.json({ ...more, status, detail }, { status, headers });
  }
}

/** The headers of the API that a page may see. */
const PASSED_ON = ["retry-after", "cf-ray", "preference-applied"];
/** The errors of the API whose reason is about the request. Those of others may be about the account. */
const SHOWN = [400, 404, 409, 413, 422];

/** The answer to a request that threw. Pages are not told about the server's account. */
export function answerTo(
  error: unknown,
  request: Request,
  onError: ((error: unknown, request: Request) => unknown) | undefined,
): Response {
  if (error instanceof Refusal) return error.toResponse();
  // Nobody reads the answer, and nothing went wrong.
  if (request.signal.aborted && error === request.signal.reason) {
    return new Refusal(499, "the page has left").toResponse();
  }
  const { refusal, isExpected } = refusalOf(error);
  if (!isExpected) {
    report(() => {
      if (onError) return onError(error, request);
      // The page sees only a status, so this is where the reason shows. Not the query: it may be a ticket.
      // deno-lint-ignore no-console
      console.error(`Cannot serve ${request.method} ${request.url.split("?")[0]}:`, error);
    });
  }
  return refusal.toResponse();
}

function refusalOf(error: unknown): { refusal: Refusal; isExpected: boolean } {
  const unexpected = (status: number, detail: string, headers?: HeadersInit) => ({
    refusal: new Refusal(status, detail, headers),
    isExpected: false,
  });
  const busy = (status: number, headers: HeadersInit) => ({
    refusal: new Refusal(status, "too many requests at the moment, try again later", headers),
    isExpected: true,
  });
  if (error instanceof ApiError) {
    const { status, title, detail, invalidFields } = error;
    const headers = passedOn(error.headers);
    if (SHOWN.includes(status)) {
      const more = {
        ...(title !== "" && { title }),
        ...(invalidFields.length > 0 && { invalid_fields: invalidFields }),
      };
      return { refusal: new Refusal(status, detail, headers, more), isExpected: true };
    }
    if (status === 429) return busy(429, headers);
    return unexpected(status >= 500 ? status : 502, "not available now", headers);
  }
  if (error instanceof TimeoutError) {
    // The wait for the account's rate limit, or before a retry, would have been too long.
    if (error.phase === "deadline") return busy(503, { "retry-after": "5" });
    return unexpected(504, "no answer in time");
  }
  if (error instanceof ConnectionError) return unexpected(502, "no connection");
  return unexpected(500, "the request could not be handled");
}

/** The headers of an answer of the API, without those that a page may not see. */
export function passedOn(headers: Headers): Headers {
  return new Headers(PASSED_ON.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  }));
}
