/** The origins whose pages may send requests, and the headers that tell browsers so. */

import { Refusal } from "./refusal.ts";

const CORS_HEADERS = "authorization, content-type, prefer, cancel-after, last-event-id";

/**
 * Refuses requests from pages of other origins, unless `origins` names them. A program that is not a
 * browser sends no `Origin`, and passes: keeping it out is the task of `allow.user`.
 *
 * @throws {Refusal} 403 for a page of another origin.
 */
export function checkOrigin(request: Request, origins: readonly string[] = []): void {
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  const allowed = origin === null
    ? site === null || site === "same-origin" || site === "none"
    : origins.includes(origin) || isOwn(request, origin);
  if (!allowed) throw new Refusal(403, "this origin is not allowed");
}

/** True for a page of the same host. Behind a server that ends TLS, our own URL is `http:`. */
function isOwn({ url }: Request, origin: string): boolean {
  const own = new URL(url);
  const page = URL.canParse(origin) ? new URL(origin) : undefined;
  return page?.host === own.host && (page.protocol === "https:" || own.protocol === "http:");
}

/** The origin of this server as pages see it. */
export function publicOrigin({ url, headers }: Request): string {
  const own = new URL(url);
  const origin = headers.get("origin");
  const isSecure = headers.get("x-forwarded-proto")?.split(",")[0]?.trim() === "https" ||
    origin === `https://${own.host}`;
  return isSecure ? `https://${own.host}` : own.origin;
}

/** The answer to the preflight request of a browser. */
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

/** Adds the headers that let pages of allowed origins read an answer, and that keep it out of caches. */
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
