/** Options as given become settings that are checked and complete. */

import { checkKeys, choice, wholeNumber } from "../base/check.ts";
import { ServerClock } from "../base/clock.ts";
import { checkMeter } from "../base/meter.ts";
import type { Validation } from "../base/model_check.ts";
import { isPage, pageUrl, readEnv, userAgent } from "../base/runtime.ts";
import { hide } from "../base/record.ts";
import { parsedUrl } from "../base/text.ts";
import { debugListener } from "./debug.ts";
import { headerRecord, withoutProtocol } from "./headers.ts";
import type { ClientOptions, FileEncoding, LimiterOptions, UploadOptions } from "./options.ts";
import { retryPolicy } from "./retry.ts";
import { timeoutPolicy } from "./timeout.ts";
import type { Parts, RateLimiter, Settings } from "./types.ts";

/** The address of the API, unless `baseUrl` says otherwise. */
export const BASE_URL = "https://api.replicate.com/v1";

/** The number of files that one call uploads at once, unless `uploads.concurrency` says otherwise. */
export const UPLOAD_CONCURRENCY = 8;

const KNOWN: readonly string[] = [
  "auth",
  "baseUrl",
  "fetch",
  "headers",
  "userAgent",
  "middleware",
  "retry",
  "timeout",
  "limiter",
  "fileEncoding",
  "uploads",
  "onWarning",
  "allowDownload",
  "validate",
  "coerce",
  "schemaCheck",
  "meter",
  "debug",
  "dangerouslyAllowBrowser",
];

/** The ways to meet an input that does not fit its schema. */
export const VALIDATIONS: readonly Validation[] = ["off", "warn", "strict"];

/** Names that people bring from other clients. */
const HINTS: Readonly<Record<string, string>> = {
  apiKey: "give the token as auth",
  apiToken: "give the token as auth",
  api_token: "give the token as auth",
  token: "give it as auth",
  bearerToken: "give the token as auth",
  fileEncodingStrategy: 'give fileEncoding, which is "upload", "data-uri" or "auto"',
  useFileOutput: "files are FileOutput always, and String(file) is the URL",
  maxRetries: "give it within retry",
  cog: 'give cog(url) of "@x/replicate/cog" as the options',
};

/**
 * The settings of `patch` on top of `from`. The limiter is shared unless the patch has one.
 *
 * @throws {TypeError | RangeError} If an option cannot be used; the message says which.
 */
export function settingsOf(
  asked: ClientOptions,
  from?: Settings,
  parts: Parts = from?.parts ?? {},
): Settings {
  if (asked === null || typeof asked !== "object") {
    throw new TypeError("Cannot create a client: give the token as text, or an object of options");
  }
  const { useFileOutput, ...patch } = asked as ClientOptions & { useFileOutput?: unknown };
  // The official client's `true` is what is done anyway.
  if (useFileOutput !== true) checkKeys({ useFileOutput }, KNOWN, "create a client", HINTS);
  checkKeys(patch, KNOWN, "create a client", HINTS);
  const options = { ...from?.shown, headers: from?.shown.headers, ...defined(patch) };
  const auth = patch.auth ?? from?.auth;
  const url = baseUrl(options.baseUrl ?? addressInEnv() ?? BASE_URL);
  const base = url.href.replace(/\/+$/, "");
  checkAuth(auth, patch, url, from);
  if (options.fetch !== undefined && typeof options.fetch !== "function") {
    throw new TypeError("Cannot use fetch: give a function");
  }
  if (options.validate !== undefined) choice(options.validate, VALIDATIONS, "validate");
  checkMeter(options.meter);
  const retry = retryPolicy(patch.retry, from?.retry);
  const timeout = timeoutPolicy(patch.timeout, from?.timeout);
  const agent = options.userAgent ?? userAgent();
  const { auth: _, headers: given, ...plain } = options;
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
  hide(shown, { headers: given });
  checkPage(auth, shown, url);
  const headers = headerRecord({ ...(agent && { "user-agent": agent }), ...headerRecord(given) });
  return {
    auth,
    base,
    origin: url.origin,
    needsToken: patch.baseUrl === undefined ? from?.needsToken ?? true : !isPath(patch.baseUrl),
    fetch: options.fetch,
    headers,
    credentials: withoutProtocol(headers),
    middleware: options.middleware ?? [],
    retry,
    timeout,
    limiter: patch.limiter === undefined && from
      ? from.limiter
      : limiterOf(patch.limiter, parts.rateLimiter),
    parts,
    clock: from?.clock ?? new ServerClock(),
    debug: debugListener(options),
    shown: Object.freeze(shown),
  };
}

/** An address in the environment, as the official clients have it. Nobody is asked for permission. */
function addressInEnv(): string | undefined {
  return readEnv("REPLICATE_BASE_URL", false).value?.trim() || undefined;
}

/** A token is for one origin: it is not taken along to another one in silence. */
function checkAuth(
  auth: ClientOptions["auth"],
  patch: ClientOptions,
  url: URL,
  from: Settings | undefined,
): void {
  if (auth !== undefined && typeof auth !== "string" && typeof auth !== "function") {
    throw new TypeError("Cannot use auth: give the token as text, or a function that returns it");
  }
  if (!from || url.origin === from.origin || patch.auth !== undefined) return;
  if (isPath(patch.baseUrl)) return;
  throw new TypeError(
    `Cannot use ${url.origin} as baseUrl with the token for ${from.origin}: give auth as well`,
  );
}

/** In a page, all that its code knows is public. */
function checkPage(auth: ClientOptions["auth"], options: ClientOptions, url: URL): void {
  const isPublic = auth !== undefined && isPage() && url.origin === new URL(BASE_URL).origin;
  if (!isPublic || options.fetch || options.dangerouslyAllowBrowser) return;
  throw new TypeError(
    "Cannot use a token in a page, where every visitor can read it: put proxyHandler of " +
      '"@x/replicate/serve" on your server, and give its path as baseUrl; to do it all the same, ' +
      "give dangerouslyAllowBrowser",
  );
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
  const url = parsedUrl(value, isPath(value) ? pageUrl() : undefined);
  if (!url) throw new TypeError("Cannot use this as baseUrl: it is not a URL");
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
  return choice(value, ["upload", "data-uri", "auto"], name);
}

/** The same object for clients that may share what they have uploaded. */
function uploadOptions(patch: ClientOptions, from?: Settings): Readonly<UploadOptions> {
  const known = from?.shown.uploads;
  checkKeys(patch.uploads, ["concurrency", "cache"], "use uploads");
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
