/** A request that the caller describes: for endpoints that this library has no method for. */

import { checkKeys, REQUEST_OPTIONS } from "../base/check.ts";
import { uptime } from "../base/clock.ts";
import { type Duration, toMs } from "../base/duration.ts";
import type { QueryValue, RequestOptions, Send } from "../http/types.ts";

/** The options of `client.request`. */
export interface RawRequestOptions extends RequestOptions {
  /** The HTTP method. Default `"GET"`. */
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "QUERY" | undefined;
  /** The query, which is added to the URL. `undefined` is left out. */
  query?: Record<string, QueryValue> | undefined;
  /** A body that is sent as JSON. */
  json?: unknown;
  /** A body that is sent as it is, or a function that makes one for each attempt, just before it. */
  body?: BodyInit | (() => BodyInit | Promise<BodyInit>) | undefined;
  /**
   * The longest wait for the rate limit and before a retry. A call that would have to wait for longer
   * fails with `TimeoutError` (phase `deadline`), or with the error that it would be retried for. An
   * attempt that is under way is not cut off. Default: no limit.
   */
  maxWait?: Duration | undefined;
}

/** Names that the official client has for the same. */
const HINTS = { data: "give it as json", params: "give them as query" };

/** The calls that draw on the server's budget for creating. */
const CREATES = /\/(?:predictions|trainings)$/;

/** Sends the request, and gives its answer, unless that is an error. */
export async function rawRequest(
  send: Send,
  path: string,
  { method = "GET", query, json, body, maxWait, ...options }: RawRequestOptions,
): Promise<Response> {
  const action = `${method} ${path}`;
  checkKeys(options, REQUEST_OPTIONS, action, HINTS);
  return await send<Response>({
    method,
    path: /^(?:[a-z][a-z0-9+.-]*:|\/)/i.test(path) ? path : `/${path}`,
    action,
    as: "response",
    raw: true,
    options,
    query,
    json,
    body,
    deadline: maxWait === undefined ? undefined : uptime() + toMs(maxWait, "maxWait"),
    bucket: method === "POST" && CREATES.test(path) ? "create" : "read",
  });
}
