/** One call: its URL, policies and body, and the headers that it is sent with. */

import { signalOf } from "../base/async.ts";
import { checkKeys, REQUEST_OPTIONS } from "../base/check.ts";
import { bodySentOnce, resendsPosts } from "../base/runtime.ts";
import { textBlob } from "../base/streaming_blob.ts";
import { parsedUrl } from "../base/text.ts";
import { headerRecord, holdOf, protocolHeaders, withoutProtocol } from "./headers.ts";
import { retryPolicy } from "./retry.ts";
import { BASE_URL } from "./settings.ts";
import { timeoutPolicy } from "./timeout.ts";
import type { Call, RequestSpec, Settings } from "./types.ts";

/**
 * One call, with the settings of this moment.
 *
 * @throws {TypeError | RangeError} If an option, a header or the path cannot be used.
 */
export function callOf(settings: Settings, spec: RequestSpec): Call {
  const { options, action } = spec;
  checkKeys(options, REQUEST_OPTIONS, action);
  const url = urlOf(settings, spec);
  const toApi = !spec.bare && isApi(settings, url);
  const own = options?.headers && headerRecord(options.headers);
  const caller = own ? { ...settings.headers, ...own } : settings.headers;
  const headers = protocolHeaders(spec, caller, spec.raw ? own : undefined);
  return {
    settings,
    spec,
    url,
    headers,
    toApi,
    credentials: toApi ? own ? withoutProtocol(caller) : settings.credentials : {},
    json: spec.json === undefined ? undefined : JSON.stringify(spec.json),
    repeatable: spec.repeatable ?? /^(?:GET|DELETE|QUERY)$/.test(spec.method),
    timeout: timeoutPolicy(options?.timeout, settings.timeout),
    retry: retryPolicy(options?.retry, settings.retry),
    signal: signalOf(options?.signal),
    deadline: spec.deadline,
    allow: Math.max(spec.allow ?? 0, headers.prefer === undefined ? 0 : holdOf(headers.prefer)),
    // Who serves files and streams has limits of its own.
    limiter: toApi ? settings.limiter : undefined,
    onRetry: undefined,
    secret: undefined,
    attempts: 0,
    uncertain: false,
  };
}

/**
 * The address of a request, with its query. Behind a gateway the API's answers still name the API's own
 * origin: what is there is asked for at the gateway.
 */
function urlOf({ base }: Settings, { path, query, action, bare }: RequestSpec): string {
  let url = base + path;
  if (!path.startsWith("/")) {
    const { href = "" } = parsedUrl(path) ?? {};
    if (!/^https?:/.test(href)) {
      throw new TypeError(
        `Cannot ${action}: give a path that begins with /, or a whole https: URL`,
      );
    }
    url = bare ? href : onBase(base, href);
  }
  let mark = url.includes("?") ? "&" : "?";
  for (const name in query) {
    const value = query[name];
    if (value === undefined) continue;
    const text = value instanceof Date ? value.toISOString() : String(value);
    url += `${mark}${encodeURIComponent(name)}=${encodeURIComponent(text)}`;
    mark = "&";
  }
  return url;
}

/** A URL of the API's own origin as one below another base; others stay as they are. */
export function onBase(base: string, href: string): string {
  const isCanonical = href.startsWith(`${BASE_URL}/`) && !base.startsWith(new URL(BASE_URL).origin);
  return isCanonical ? base + href.slice(BASE_URL.length) : href;
}

/** Tells whether a URL is on the API's origin: the token goes nowhere else. */
export function isApi({ origin }: Settings, url: string): boolean {
  return url.startsWith(origin) && "/?#".includes(url[origin.length] ?? "/");
}

/** The body of one attempt. */
export function bodyOf(
  { spec, json, repeatable, settings }: Call,
): BodyInit | undefined | Promise<BodyInit | undefined> {
  if (json !== undefined) {
    if (repeatable || !resendsPosts()) return json;
    const type = "application/json";
    // A `fetch` of somebody's own may look into a `Blob`, and one of ours has nothing in it.
    const isSeen = settings.fetch || settings.middleware.length > 0;
    return isSeen ? new Blob([json], { type }) : textBlob(json, type);
  }
  const { body, method } = spec;
  if (typeof body === "function") return Promise.resolve(body());
  return repeatable || method === "GET" ? body : bodySentOnce(body);
}
