/** The sites whose pages may use a handler, and the headers that tell browsers so. */

import { Refusal } from "./refusal.ts";

/** The sites whose pages may use a handler. */
export interface AllowedSites {
  /**
   * The other origins whose pages may use it, such as `"https://app.example.com"`. Default: none, so that
   * only pages of the same host may.
   */
  origins?: readonly string[] | undefined;
  /**
   * The hosts of your own site, such as `"example.com"` or `"localhost:8000"`; without a port, any will
   * do. A request for another host is refused. This stops DNS rebinding, where a stranger's domain leads
   * to your server, and so passes for the same site: set it if the handler can be reached without HTTPS,
   * as on a machine of a developer. Default: all hosts.
   */
  hosts?: readonly string[] | undefined;
  /**
   * Believes `X-Forwarded-Host` and `X-Forwarded-Proto`. Set it if a server of yours in front of this one,
   * such as nginx, always sets them, and strangers cannot get past it. Default `false`.
   */
  trustProxy?: boolean | undefined;
}

/** The names of {@linkcode AllowedSites}. */
export const SITES: readonly string[] = ["origins", "hosts", "trustProxy"];

const CORS_HEADERS = "authorization, content-type, prefer, cancel-after, last-event-id";

/**
 * Refuses requests from pages of other sites, unless `origins` names them. A program that is not a
 * browser sends no `Origin`, and passes: keeping it out is the task of `allow.user`.
 *
 * @throws {Refusal} 403, which names the options.
 */
export function checkOrigin(request: Request, sites: AllowedSites): void {
  const { hosts } = sites;
  const own = ownUrl(request, sites);
  if (hosts && !hosts.some((host) => host === own.host || host === own.hostname)) {
    throw new Refusal(403, "this host is not allowed; if it is yours, name it in `hosts`");
  }
  if (isAllowed(request, own, sites)) return;
  throw new Refusal(
    403,
    "this origin is not allowed; if it is yours, name it in `origins`, or set `trustProxy` if a " +
      "server in front of this one sets X-Forwarded-Host",
  );
}

function isAllowed({ headers }: Request, own: URL, { origins }: AllowedSites): boolean {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if (origin !== null && origins?.includes(origin)) return true;
  // No page can set this header. Behind another server, a browser alone knows which host it has asked.
  if (site !== null) return site === "same-origin" || site === "none";
  return origin === null || isSame(origin, own);
}

/** True for a page of the same host. Behind a server that ends TLS, our own URL is `http:`. */
function isSame(origin: string, own: URL): boolean {
  const page = URL.canParse(origin) ? new URL(origin) : undefined;
  return page?.host === own.host && (page.protocol === "https:" || own.protocol === "http:");
}

/** The URL of this server as the `Host` header has it, or the server in front of this one. */
function ownUrl({ headers, url }: Request, { trustProxy }: AllowedSites): URL {
  const forwarded = (name: string): string | undefined =>
    trustProxy ? headers.get(`x-forwarded-${name}`)?.split(",")[0]?.trim() : undefined;
  const own = new URL(url);
  const host = forwarded("host") ?? headers.get("host") ?? own.host;
  const scheme = forwarded("proto") ?? own.protocol.slice(0, -1);
  const text = `${scheme}://${host}`;
  if (/^https?:\/\/[^\s/?#@\\]+$/.test(text) && URL.canParse(text)) return new URL(text);
  throw new Refusal(400, "the host of this request is not one");
}

/** The origin of this server as the page that sent a request sees it. */
export function publicOrigin(request: Request, sites: AllowedSites): string {
  const { headers } = request;
  const own = ownUrl(request, sites);
  const site = headers.get("sec-fetch-site");
  // Browsers name our own origin in each POST; in a GET, if at all, as where it comes from.
  const origin = headers.get("origin") ?? (site === "same-origin" ? headers.get("referer") : null);
  if (origin !== null && URL.canParse(origin)) {
    const page = new URL(origin);
    if (site === "same-origin" || isSame(origin, own)) return page.origin;
  }
  const isSecure = headers.get("x-forwarded-proto")?.split(",")[0]?.trim() === "https";
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

/**
 * Adds the headers that let pages of allowed origins read an answer, and that keep it out of caches and
 * from being taken for a page.
 */
export function finish(
  request: Request,
  response: Response,
  { origins }: AllowedSites,
): Response {
  const { headers } = response;
  const origin = request.headers.get("origin");
  headers.set("cache-control", "no-store");
  headers.set("x-content-type-options", "nosniff");
  headers.append("vary", "origin");
  if (origin !== null && origins?.includes(origin)) {
    headers.set("access-control-allow-origin", origin);
    headers.set("access-control-allow-credentials", "true");
    headers.set("access-control-expose-headers", "retry-after");
  }
  return response;
}
