/** One call's URL, headers, token and body. */

import { bodySentOnce, readEnv } from "../base/runtime.ts";
import { AuthError } from "../errors.ts";
import { retryPolicy } from "./retry.ts";
import { headerRecord } from "./settings.ts";
import { timeoutPolicy } from "./timeout.ts";
import type { Call, RequestSpec, Settings } from "./types.ts";

/** One call, with the settings of this moment. */
export function callOf(settings: Settings, spec: RequestSpec): Call {
  const { options } = spec;
  const url = urlOf(settings, spec);
  return {
    settings,
    spec,
    url,
    headers: headersOf(settings, url, spec),
    json: spec.json === undefined ? undefined : JSON.stringify(spec.json),
    repeatable: spec.repeatable ?? /^(?:GET|DELETE|QUERY)$/.test(spec.method),
    timeout: timeoutPolicy(options?.timeout, settings.timeout),
    retry: retryPolicy(options?.retry, settings.retry),
    signal: options?.signal,
    deadline: spec.deadline,
    // Who serves files and streams has limits of its own.
    limiter: isApi(settings, url) ? settings.limiter : undefined,
    attempts: 0,
    uncertain: false,
  };
}

/** The URL of a request: its path below `baseUrl`, or a whole URL, with its query. */
export function urlOf({ base }: Settings, { path, query }: RequestSpec): string {
  let url = /^https?:\/\//.test(path) ? path : base + path;
  let mark = url.includes("?") ? "&" : "?";
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    const text = value instanceof Date ? value.toISOString() : String(value);
    url += `${mark}${encodeURIComponent(name)}=${encodeURIComponent(text)}`;
    mark = "&";
  }
  return url;
}

/** The headers of a request, all but the token. What the user set goes to the API only. */
export function headersOf(
  settings: Settings,
  url: string,
  spec: RequestSpec,
): Record<string, string> {
  const own = isApi(settings, url);
  const result: Record<string, string> = {
    accept: "application/json",
    ...(own && settings.headers),
  };
  if (spec.json !== undefined) result["content-type"] = "application/json";
  for (const [name, value] of Object.entries(spec.headers ?? {})) {
    if (value !== undefined) result[name] = value;
  }
  return own ? Object.assign(result, headerRecord(spec.options?.headers)) : result;
}

/** Tells whether a URL is on the API's origin: the token goes nowhere else. */
export function isApi({ origin }: Settings, url: string): boolean {
  return url.startsWith(origin) && "/?#".includes(url[origin.length] ?? "/");
}

/** The value of the `Authorization` header, if this request is one that gets it. */
export async function authorize(
  { settings, spec, url, headers }: Call,
): Promise<string | undefined> {
  if (!isApi(settings, url) || headers.authorization !== undefined) return undefined;
  let token: unknown = settings.auth;
  let denied: boolean | undefined;
  if (typeof settings.auth === "function") {
    token = await settings.auth();
  } else if (token === undefined && settings.needsToken) {
    ({ value: token, denied } = readEnv("REPLICATE_API_TOKEN") as {
      value?: string;
      denied?: boolean;
    });
  }
  const text = typeof token === "string" ? token.trim() : "";
  if (/[^\x21-\x7e]/.test(text)) {
    throw new AuthError(`Cannot ${spec.action}: the API token holds characters that no token has`);
  }
  if (text !== "") return `Bearer ${text}`;
  if (spec.anonymous || (!settings.needsToken && settings.auth === undefined)) return undefined;
  throw new AuthError(
    `Cannot ${spec.action}: ` +
      (settings.auth === undefined
        ? denied
          ? "the environment variable REPLICATE_API_TOKEN may not be read; " +
            "run Deno with --allow-env=REPLICATE_API_TOKEN, or pass `auth` to the client"
          : "no API token; set REPLICATE_API_TOKEN, or pass `auth` to the client " +
            "(tokens are made at https://replicate.com/account/api-tokens)"
        : "the API token given as `auth` is empty"),
  );
}

/** The body of one attempt. */
export async function bodyOf({ spec, json, repeatable }: Call): Promise<BodyInit | undefined> {
  if (json !== undefined) return repeatable ? json : bodySentOnce(json);
  return typeof spec.body === "function" ? await spec.body() : spec.body;
}
