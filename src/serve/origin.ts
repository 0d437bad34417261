import { Refusal } from "./types.ts";

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
