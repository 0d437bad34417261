/** Options as given become settings that are checked and complete. */

import { checkKeys, choice, wholeNumber } from "../base/check.ts";
import { ServerClock } from "../base/clock.ts";
import { checkMeter } from "../base/meter.ts";
import type { Validation } from "../base/model_check.ts";
import { isPage, pageUrl, readEnv, userAgent } from "../base/runtime.ts";
import { defined, hide } from "../base/record.ts";
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

const UPLOADS = { concurrency: UPLOAD_CONCURRENCY, cache: false };

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

const AS_AUTH = "give the token as auth";

/** Names that people bring from other clients. */
const HINTS: Readonly<Record<string, string>> = {
  apiKey: AS_AUTH,
  apiToken: AS_AUTH,
  api_token: AS_AUTH,
  token: AS_AUTH,
  bearerToken: AS_AUTH,
  fileEncodingStrategy: "give fileEncoding",
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
  const { useFileOutput, auth: token, headers: given = from?.shown.headers, ...patch } = asked as
    & ClientOptions
    & { useFileOutput?: unknown };
  // The official client's `true` is what is done anyway.
  checkKeys(useFileOutput === true ? patch : asked, KNOWN, "create a client", HINTS);
  const options = { ...from?.shown, ...defined(patch) };
  const { fetch, validate = "off" } = options;
  if (fetch !== undefined && typeof fetch !== "function") {
    throw new TypeError("Cannot use fetch: give a function");
  }
  choice(validate, VALIDATIONS, "validate");
  checkMeter(options.meter);
  const auth = token ?? from?.auth;
  const url = baseUrl(options.baseUrl ?? addressInEnv() ?? BASE_URL);
  checkAuth(auth, options, url);
  if (from && token === undefined && url.origin !== from.origin && !isPath(patch.baseUrl)) {
    // A token is for one origin: it is not taken along to another one in silence.
    throw new TypeError(
      `Cannot use ${url.origin} as baseUrl with the token for ${from.origin}: give auth as well`,
    );
  }
  const base = url.href.replace(/\/+$/, "");
  const agent = options.userAgent ?? userAgent();
  const retry = retryPolicy(patch.retry, from?.retry);
  const timeout = timeoutPolicy(patch.timeout, from?.timeout);
  const isElsewhere = token !== undefined || patch.baseUrl !== undefined;
  const shown: ClientOptions = {
    ...options,
    baseUrl: base,
    userAgent: agent,
    retry: Object.freeze(retry),
    timeout: Object.freeze(timeout),
    fileEncoding: fileEncoding(options.fileEncoding),
    uploads: uploadOptions(patch.uploads, from?.shown.uploads, isElsewhere),
  };
  // Headers may hold a secret of the user's: they can be read, and are not printed.
  hide(shown, { headers: given });
  const headers = { ...(agent && headerRecord({ "user-agent": agent })), ...headerRecord(given) };
  return {
    auth,
    base,
    origin: url.origin,
    needsToken: patch.baseUrl === undefined ? from?.needsToken ?? true : !isPath(patch.baseUrl),
    fetch,
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

function checkAuth(auth: unknown, options: ClientOptions, { origin }: URL): void {
  if (auth === undefined) return;
  if (typeof auth !== "string" && typeof auth !== "function") {
    throw new TypeError("Cannot use auth: give the token as text, or a function that returns it");
  }
  // In a page, all that its code knows is public.
  if (!isPage() || options.fetch || options.dangerouslyAllowBrowser) return;
  if (origin !== new URL(BASE_URL).origin) return;
  throw new TypeError(
    "Cannot use a token in a page, where every visitor can read it: give as baseUrl the path of " +
      'proxyHandler of "@x/replicate/serve" on your server, or else dangerouslyAllowBrowser',
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
  if (url && /^https?:\/\/[^/?#@]+(?:\/[^?#]*)?$/.test(url.href)) return url;
  const what = url ? url.origin + url.pathname : "this";
  throw new TypeError(
    `Cannot use ${what} as baseUrl: give an https: or http: URL without a user name, a password, ` +
      "a query or a fragment",
  );
}

function isPath(value: string | URL | undefined): boolean {
  return typeof value === "string" && /^\/(?!\/)/.test(value);
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
function uploadOptions(
  given: UploadOptions | undefined,
  known: UploadOptions | undefined,
  isElsewhere: boolean,
): Readonly<UploadOptions> {
  if (known && !given && !isElsewhere) return known;
  checkKeys(given, Object.keys(UPLOADS), "use uploads");
  const own = { ...UPLOADS, ...known, ...defined({ ...given }) };
  wholeNumber(own.concurrency!, "uploads.concurrency");
  return Object.freeze(own);
}
