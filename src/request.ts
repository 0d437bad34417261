import type { Bucket } from "./limiter.ts";
import { type ClientOptions, headerRecord, type Settings } from "./options.ts";
import type { Parts, RateLimiter } from "./parts.ts";
import type { TimeoutPolicy } from "./timeout.ts";

/** What every method takes besides its own fields. */
export interface RequestOptions {
  /** Ends the call, and every wait in it, at once; the call rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** In place of the client's, for this call. */
  retry?: ClientOptions["retry"] | undefined;
  /** In place of the client's, for this call. */
  timeout?: ClientOptions["timeout"] | undefined;
  /** More headers, for this call. */
  headers?: HeadersInit | undefined;
}

/** A value of a query; `undefined` is left out, a `Date` is sent as its ISO text. */
export type QueryValue = string | number | boolean | Date | undefined;

/** One request, as a resource describes it. */
export interface RequestSpec {
  /** The HTTP method. */
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "QUERY";
  /** Escaped, from `baseUrl` on (`/predictions`), or a whole URL. */
  path: string;
  /** For messages: `Cannot <action>: ...`. */
  action: string;
  /** Added to the URL. */
  query?: Record<string, QueryValue>;
  /** Of this kind of request; `undefined` is left out. */
  headers?: Record<string, string | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. A function is called for each attempt, so that a stream can be opened again. */
  body?: BodyInit | (() => BodyInit | Promise<BodyInit>);
  /** The caller's. */
  options?: RequestOptions | undefined;
  /** What to return: parsed JSON (the default), the text, or the response with a guarded body. */
  as?: "json" | "text" | "response";
  /** Whether sending it twice does no harm. Default: whether it is a GET, DELETE or QUERY. */
  repeatable?: boolean;
  /** Which of the server's budgets it draws on. Default `"read"`. */
  bucket?: Bucket;
  /** Milliseconds that the server is expected to take: added to `connect` and `request`. */
  allow?: number;
  /** The moment, as of `Date.now()`, after which no wait is worth it. */
  deadline?: number | undefined;
  /** `"manual"`: a redirect is an `ApiError` that can be looked at, on every runtime. */
  redirect?: "manual";
  /** Whether it works without a token too. */
  anonymous?: boolean;
  /**
   * When the caller leaves while the request is under way, it is not cut off, as the server may have
   * accepted it by then. The caller is free at once, and this gets the answer when it comes.
   */
  onOrphan?: ((answer: unknown) => void) | undefined;
}

/** Sends one request. Resources are made from it; a test's own fake is one function. */
export interface Send {
  <T>(spec: RequestSpec): Promise<T>;
  /** What the client was told, for those who need to know; a fake has none. */
  readonly options?: Readonly<ClientOptions>;
  /** What it was made with; a fake has none. */
  readonly parts?: Parts;
}

/** One call: what does not change between its attempts. */
export interface Call {
  readonly settings: Settings;
  readonly spec: RequestSpec;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON text, made once. */
  readonly json: string | undefined;
  readonly repeatable: boolean;
  readonly timeout: TimeoutPolicy;
  readonly signal: AbortSignal | undefined;
  readonly limiter: RateLimiter | undefined;
  /** How many requests were sent so far. */
  attempts: number;
  /** Whether an attempt may have done its work without our hearing of it. */
  uncertain: boolean;
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

/** Whether a URL is of the API's origin: only there does the token go. */
export function isApi({ origin }: Settings, url: string): boolean {
  return url.startsWith(origin) && "/?#".includes(url[origin.length] ?? "/");
}
