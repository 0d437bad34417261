/** Requests from pages: which origins may send them, how bodies are read, and what refusals say. */

import { ApiError, ConnectionError, TimeoutError } from "../errors.ts";
import { readBounded } from "../webhooks/body.ts";

const CORS_HEADERS = "authorization, content-type, prefer, cancel-after, last-event-id";

/**
 * Refuses what a page elsewhere has sent. A page's own site is allowed, and what is in `origins`.
 * What is no browser sends no `Origin`: it is for the check of the user to stop it.
 *
 * @throws {Refusal} 403.
 */
export function checkOrigin(request: Request, origins: readonly string[] = []): void {
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  const allowed = origin === null
    ? site === null || site === "same-origin" || site === "none"
    : origins.includes(origin) || isOwn(request, origin);
  if (!allowed) throw new Refusal(403, "this origin is not allowed");
}

/** The same host; a server that ends TLS in front of us makes `https:` look like `http:`. */
function isOwn({ url }: Request, origin: string): boolean {
  const own = new URL(url);
  const page = URL.canParse(origin) ? new URL(origin) : undefined;
  return page?.host === own.host && (page.protocol === "https:" || own.protocol === "http:");
}

/** The origin as which pages see this server. */
export function publicOrigin({ url, headers }: Request): string {
  const own = new URL(url);
  const origin = headers.get("origin");
  const isSecure = headers.get("x-forwarded-proto")?.split(",")[0]?.trim() === "https" ||
    origin === `https://${own.host}`;
  return isSecure ? `https://${own.host}` : own.origin;
}

/** The answer to a browser that asks whether it may send. */
export function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": CORS_HEADERS,
      "access-control-max-age": "600",
    },
  });
}

/** The answer, so that a page of an allowed origin can read it, and no cache keeps it. */
export function finish(
  request: Request,
  response: Response,
  origins: readonly string[] = [],
): Response {
  const { headers } = response;
  const origin = request.headers.get("origin");
  headers.set("cache-control", "no-store");
  headers.append("vary", "origin");
  if (origin !== null && origins.includes(origin)) {
    headers.set("access-control-allow-origin", origin);
    headers.set("access-control-allow-credentials", "true");
    headers.set("access-control-expose-headers", "retry-after");
  }
  return response;
}

/** The bytes of a body, if they are not too many. */
export async function readBody(request: Request, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readBounded(request, max);
  if (bytes) return bytes;
  throw new Refusal(413, `the body is longer than ${max} bytes`);
}

/** The JSON object that a body is. */
export async function readJson(request: Request, max: number): Promise<Record<string, unknown>> {
  const bytes = await readBody(request, max);
  try {
    const data = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof data === "object" && data !== null && !Array.isArray(data)) return data;
  } catch { /* refused below */ }
  throw new Refusal(400, "the body is not a JSON object");
}

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

/** A request that is not let through, as the answer it gets. */
export class Refusal {
  readonly status: number;
  readonly detail: string;
  readonly headers: Record<string, string>;

  constructor(status: number, detail: string, headers: Record<string, string> = {}) {
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }

  /** The answer, of the same form as the API's own. */
  toResponse(): Response {
    const { status, detail, headers } = this;
    return Response.json({ status, detail }, { status, headers });
  }
}
