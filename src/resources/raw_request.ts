/** A request that the caller describes: for endpoints that this library has no method for. */

import type { QueryValue, RequestOptions, Send } from "../http/types.ts";

/** The options of `client.request`. */
export interface RawRequestOptions extends RequestOptions {
  /** The HTTP method. Default `"GET"`. */
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "QUERY" | undefined;
  /** The query, which is added to the URL. `undefined` is left out. */
  query?: Record<string, QueryValue> | undefined;
  /** A body that is sent as JSON. */
  json?: unknown;
  /** A body that is sent as it is. */
  body?: BodyInit | undefined;
}

/** Sends the request, and gives its answer, unless that is an error. */
export async function rawRequest(
  send: Send,
  path: string,
  { method = "GET", query, json, body, ...options }: RawRequestOptions,
): Promise<Response> {
  return await send<Response>({
    method,
    path: /^https?:/.test(path) || path.startsWith("/") ? path : `/${path}`,
    action: `${method} ${path}`,
    as: "response",
    options,
    ...(query && { query }),
    ...(json !== undefined && { json }),
    ...(body !== undefined && { body }),
  });
}
