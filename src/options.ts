import type { Duration } from "./duration.ts";
import { hide } from "./errors.ts";
import type { LimiterOptions } from "./limiter.ts";
import { wholeNumber } from "./numbers.ts";
import type { Parts, RateLimiter } from "./parts.ts";
import { type RetryOptions, type RetryPolicy, retryPolicy } from "./retry.ts";
import { noRedirect, pageUrl, userAgent } from "./runtime.ts";
import { type TimeoutOptions, type TimeoutPolicy, timeoutPolicy } from "./timeout.ts";

/** What `fetch` is. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * A step around each request that is sent, retries included. Call `next` to go on, with this request
 * or another one; the answer is what it resolves to. The token is added after the last step, and only
 * for the API's origin.
 */
export type Middleware = (
  request: Request,
  next: (request: Request) => Promise<Response>,
) => Response | Promise<Response>;

/** How a file in an input is sent: by its own request, within the JSON, or as its size suggests. */
export type FileEncoding = "upload" | "data-uri" | "auto";

/** How the files of an input are uploaded. */
export interface UploadOptions {
  /** How many at once in one call. Default 8. */
  concurrency?: number | undefined;
  /**
   * Whether an object that was uploaded by an earlier call, and has not changed, is referred to again
   * until 5 minutes before its upload expires. Default `false`.
   */
  cache?: boolean | undefined;
}

/** How far an upload is. */
export interface UploadProgress {
  /** Where it is in the input, such as `input.image`; `the file` for `files.create`. */
  path: string;
  /** What it is called. */
  filename: string;
  /** How many bytes were handed to the network. A repeated upload begins at 0 again. */
  loaded: number;
  /** How many bytes there are. */
  total: number;
}

/** What a client can be told. Everything has a default. */
export interface ClientOptions {
  /**
   * The API token, or a function that is asked for it before each request. Default: the environment
   * variable `REPLICATE_API_TOKEN`, looked up by the first call.
   */
  auth?: string | (() => string | Promise<string>) | undefined;
  /**
   * Where the API is. Default `https://api.replicate.com/v1`. In a page it may be a path, such as
   * `/api/replicate`, behind which a server of yours adds the token: then none is needed here.
   */
  baseUrl?: string | URL | undefined;
  /** What sends requests. Default: the runtime's `fetch`, looked up by each call. */
  fetch?: Fetch | undefined;
  /** Headers for every request to the API. */
  headers?: HeadersInit | undefined;
  /** The `User-Agent` header. Default: `x-replicate/<version> (<runtime>)`. */
  userAgent?: string | undefined;
  /** Steps around each request, the first one outermost. */
  middleware?: Middleware[] | undefined;
  /** When a call that failed is sent again; `false`: never. */
  retry?: RetryOptions | false | undefined;
  /** How long to wait for what: by part, for one attempt, or `null` for no limits at all. */
  timeout?: TimeoutOptions | Duration | null | undefined;
  /** How the client keeps within the server's rate limits; `false`: not at all. */
  limiter?: LimiterOptions | false | undefined;
  /** How a file in an input is sent. Default `"upload"`. */
  fileEncoding?: FileEncoding | undefined;
  /** How files are uploaded. */
  uploads?: UploadOptions | undefined;
  /**
   * Told of what works and may not be wanted, such as 2 MB of a file within the JSON. Default: nobody.
   */
  onWarning?: ((message: string) => void) | undefined;
  /**
   * Whether a file at this URL may be fetched. Default: `https:` on public addresses only, and whatever
   * is on the origin of `baseUrl`.
   */
  allowDownload?: ((url: URL) => boolean) | undefined;
}

/** {@linkcode ClientOptions} with every value known. It holds the token: never handed out. */
export interface Settings {
  readonly auth: ClientOptions["auth"];
  /** Without a slash at the end. */
  readonly base: string;
  readonly origin: string;
  /** Whether a call without a token is an error. */
  readonly needsToken: boolean;
  readonly fetch: Fetch | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly middleware: readonly Middleware[];
  readonly retry: RetryPolicy;
  readonly timeout: TimeoutPolicy;
  readonly limiter: RateLimiter | undefined;
  readonly parts: Parts;
  readonly redirect: "error" | "manual";
  /** What the caller may read back: durations in milliseconds, without `auth`. */
  readonly shown: Readonly<ClientOptions>;
}

const BASE_URL = "https://api.replicate.com/v1";

/**
 * The settings of `patch` on top of `from`. The limiter is shared unless the patch has one.
 *
 * @throws {TypeError | RangeError} If an option cannot be used; the message says which.
 */
export function settingsOf(
  patch: ClientOptions,
  from?: Settings,
  parts: Parts = from?.parts ?? {},
): Settings {
  if (patch === null || typeof patch !== "object") {
    throw new TypeError("Cannot create a client: give the token as text, or an object of options");
  }
  const options = { ...from?.shown, headers: from?.shown.headers, ...defined(patch) };
  const auth = patch.auth ?? from?.auth;
  if (auth !== undefined && typeof auth !== "string" && typeof auth !== "function") {
    throw new TypeError("Cannot use auth: give the token as text, or a function that returns it");
  }
  const url = baseUrl(options.baseUrl ?? BASE_URL);
  const base = url.href.replace(/\/+$/, "");
  const retry = retryPolicy(patch.retry, from?.retry);
  const timeout = timeoutPolicy(patch.timeout, from?.timeout);
  const agent = options.userAgent ?? userAgent();
  const { auth: _, headers, ...plain } = options;
  const shown: ClientOptions = {
    ...plain,
    baseUrl: base,
    ...(agent && { userAgent: agent }),
    retry: Object.freeze({ ...retry }),
    timeout: Object.freeze({ ...timeout }),
    fileEncoding: fileEncoding(options.fileEncoding),
    uploads: uploadOptions(patch, from),
  };
  // Headers may hold a secret of the user's: they can be read, and are not printed.
  hide(shown, { headers });
  return {
    auth,
    base,
    origin: url.origin,
    needsToken: patch.baseUrl === undefined ? from?.needsToken ?? true : !isPath(patch.baseUrl),
    fetch: options.fetch,
    headers: { ...(agent && { "user-agent": agent }), ...headerRecord(headers) },
    middleware: options.middleware ?? [],
    retry,
    timeout,
    limiter: patch.limiter === undefined && from
      ? from.limiter
      : limiterOf(patch.limiter, parts.rateLimiter),
    parts,
    redirect: noRedirect(),
    shown: Object.freeze(shown),
  };
}

/** Any form of headers as a record with names in lower case. */
export function headerRecord(headers: HeadersInit | undefined): Record<string, string> {
  // Not `new Headers` where a plain object will do: touching it costs Node 20 32 ms, once.
  if (headers === undefined) return {};
  return Object.fromEntries(new Headers(headers));
}

function limiterOf(
  options: LimiterOptions | false | undefined,
  rateLimiter: Parts["rateLimiter"],
): RateLimiter | undefined {
  if (options === false) return undefined;
  if (options !== undefined && !rateLimiter) {
    throw new TypeError("Cannot use limiter: give createSend the part, as in { rateLimiter }");
  }
  return rateLimiter?.(options);
}

function baseUrl(value: string | URL): URL {
  let url: URL;
  try {
    url = new URL(value, isPath(value) ? pageUrl() : undefined);
  } catch {
    throw new TypeError(`Cannot use ${JSON.stringify(String(value))} as baseUrl: it is not a URL`);
  }
  const wrong = !/^https?:$/.test(url.protocol)
    ? "it must begin with https: or http:"
    : url.username || url.password
    ? "it must not hold a user name or a password"
    : url.search || url.hash
    ? "it must not have a query or a fragment"
    : undefined;
  if (wrong) throw new TypeError(`Cannot use ${url.origin}${url.pathname} as baseUrl: ${wrong}`);
  return url;
}

function isPath(value: string | URL | undefined): boolean {
  return typeof value === "string" && value.startsWith("/") && !value.startsWith("//");
}

/**
 * The encoding, checked. `name` is what the option is called, for the error.
 *
 * @throws {TypeError} If there is none of this name.
 */
export function fileEncoding(
  value: FileEncoding = "upload",
  name = "fileEncoding",
): FileEncoding {
  if (value === "upload" || value === "data-uri" || value === "auto") return value;
  throw new TypeError(
    `Cannot use ${JSON.stringify(value)} as ${name}: give "upload", "data-uri" or "auto"`,
  );
}

/** The same object for clients that may share what they have uploaded. */
function uploadOptions(patch: ClientOptions, from?: Settings): Readonly<UploadOptions> {
  const known = from?.shown.uploads;
  const { concurrency = known?.concurrency ?? 8, cache = known?.cache ?? false } = patch.uploads ??
    {};
  wholeNumber(concurrency, "uploads.concurrency");
  const elsewhere = patch.auth !== undefined || patch.baseUrl !== undefined;
  return known && !elsewhere && !patch.uploads ? known : Object.freeze({ concurrency, cache });
}

/** Leaves out what is `undefined`, so that it does not hide a value below it. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
