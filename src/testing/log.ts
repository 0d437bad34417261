/** The log of requests, for tests to look at. */

import type { RecordedRequest } from "./types.ts";

/** A request in the log, which is filled in while the answer is made. */
export type LogEntry = { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] };

/** The entry of a request that came at this time, without its body. */
export function logEntry(request: Request, at: number): LogEntry {
  const url = new URL(request.url);
  const isDelivery = url.hostname === "replicate.delivery";
  return {
    method: request.method,
    path: isDelivery ? `/delivery${url.pathname}` : url.pathname.replace(/^\/v1(?=\/)/, ""),
    url: url.href,
    query: Object.fromEntries(url.searchParams),
    headers: logHeaders(request.headers),
    body: undefined,
    at,
  };
}

/** The headers of a request for the log, without the token. */
function logHeaders(headers: Headers): Record<string, string> {
  const entries = [...headers.entries()];
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name === "authorization" ? "[redacted]" : value]),
  );
}
