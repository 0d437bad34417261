/** Options as given become settings that are checked and complete. */

import { wholeNumber } from "../base/check.ts";
import { noRedirect, pageUrl, userAgent } from "../base/runtime.ts";
import { hide } from "../errors.ts";
import type { ClientOptions, FileEncoding, LimiterOptions, UploadOptions } from "./options.ts";
import { retryPolicy } from "./retry.ts";
import { timeoutPolicy } from "./timeout.ts";
import type { Parts, RateLimiter, Settings } from "./types.ts";

/** The address of the API, unless `baseUrl` says otherwise. */
export const BASE_URL = "https://api.replicate.com/v1";

/** The number of files that one call uploads at once, unless `uploads.concurrency` says otherwise. */
export const UPLOAD_CONCURRENCY = 8;

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
  const { concurrency = known?.concurrency ?? UPLOAD_CONCURRENCY, cache = known?.cache ?? false } =
    patch.uploads ?? {};
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
