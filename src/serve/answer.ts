import { ApiError, ConnectionError, TimeoutError } from "../errors.ts";
import { Refusal } from "./types.ts";

const PASSED_ON = ["content-type", "retry-after", "cf-ray", "preference-applied"];

/** The answer to what was thrown. What is wrong with our own account is not the page's to know. */
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
  // Without this nobody would learn what went wrong: the page gets a status and no more.
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

/** The headers of an answer that a page may see. */
export function passedOn(headers: Headers): Headers {
  return new Headers(PASSED_ON.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  }));
}
