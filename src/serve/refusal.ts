/** The answers to requests that fail: refusals of ours, errors of the API, and everything else. */

import { ApiError, ConnectionError, TimeoutError } from "../errors.ts";

/** The reason why a request is refused, which can be thrown and becomes its answer. */
export class Refusal {
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The reason, as the page sees it. */
  readonly detail: string;
  /** The headers of the answer. */
  readonly headers: Record<string, string>;

  constructor(status: number, detail: string, headers: Record<string, string> = {}) {
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }

  /** The answer, in the form of the API's own errors. */
  toResponse(): Response {
    const { status, detail, headers } = this;
    return Response.json({ status, detail }, { status, headers });
  }
}

/** The headers of the API that a page may see. */
const PASSED_ON = ["content-type", "retry-after", "cf-ray", "preference-applied"];

/** The answer to a request that threw. Pages are not told about the server's account. */
export function answerTo(
  error: unknown,
  request: Request,
  onError: ((error: unknown, request: Request) => void) | undefined,
): Response {
  if (error instanceof Refusal) return error.toResponse();
  if (error instanceof ApiError) {
    if (!/^40[123]$/.test(`${error.status}`)) {
      return new Response(error.body, { status: error.status, headers: passedOn(error.headers) });
    }
  }
  if (onError) onError(error, request);
  // The page sees only a status, so this is where the reason shows.
  // deno-lint-ignore no-console
  else console.error(`Cannot serve ${request.method} ${new URL(request.url).pathname}:`, error);
  return refusalOf(error).toResponse();
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof ApiError) return new Refusal(502, "not available now");
  if (error instanceof TimeoutError) return new Refusal(504, "no answer in time");
  if (error instanceof ConnectionError) return new Refusal(502, "no connection");
  return new Refusal(500, "the request could not be handled");
}

/** The headers of an answer of the API, without those that a page may not see. */
export function passedOn(headers: Headers): Headers {
  return new Headers(PASSED_ON.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  }));
}
