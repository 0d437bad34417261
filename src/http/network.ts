/** The meaning of what a `fetch` rejected with: on each runtime, of each make, and from each realm. */

import { excerpt } from "../base/text.ts";

/** Codes of a connection that never stood, so that the server cannot have seen the request. */
const REFUSED = /* @__PURE__ */ new RegExp(
  "^(?:ECONNREFUSED|ENOTFOUND|EAI_\\w+|E(?:NET|HOST)(?:UNREACH|DOWN)|EADDRNOTAVAIL|" +
    "UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket|ERR_(?:TLS|SSL)_\\w+|" +
    "(?:CERT|UNABLE_TO)_\\w+|\\w*SELF_SIGNED_CERT\\w*|HOSTNAME_MISMATCH|UNKNOWN_CERTIFICATE_\\w+)$",
);

/** Codes of a connection that broke. */
const LOST = /* @__PURE__ */ new RegExp(
  "^(?:E(?:CONN|PIPE|TIMEDOUT|PROTO|SHUTDOWN|NETRESET|AI_)\\w*|UND_ERR_(?!INVALID|NOT_SUPPORTED)\\w+|" +
    "(?:HPE|Z|ERR_HTTP2|ERR_SOCKET)_\\w+|ERR_STREAM_(?:PREMATURE_CLOSE|DESTROYED|UNABLE_TO_PIPE)|" +
    "Connection(?:Closed|Reset)|Timeout|UnexpectedRedirect)$",
);

/** The longest chain of causes that is looked at. */
const DEPTH = 8;

/**
 * Tells whether `fetch` rejected because the network failed: with a `TypeError` or a code of the
 * network. workerd's plain `Error` carries `retryable` instead. Anything else is somebody's bug, or a
 * signal of a framework such as Next.js, and passes through untouched.
 */
export function isNetworkLoss(error: unknown): boolean {
  const code = codeOf(error);
  // What Node's own checks of arguments throw is a `TypeError` too.
  if (nameOf(error) === "TypeError") return !/^ERR_(?:INVALID|MISSING|ASSERTION)/.test(code);
  return isFetchError(error) || causesOf(error).some((it) => isNetworkCode(codeOf(it))) ||
    typeof (error as { retryable?: unknown } | null)?.retryable === "boolean";
}

/** `node-fetch` says by the name and a `type`, in place of a `TypeError`, that the network failed. */
function isFetchError(error: unknown): boolean {
  return nameOf(error) === "FetchError" && typeof (error as { type?: unknown }).type === "string";
}

function isNetworkCode(code: string): boolean {
  return REFUSED.test(code) || LOST.test(code);
}

/** Tells whether the server cannot have seen the request: no connection ever stood. */
export function wasRefused(error: unknown): boolean {
  return causesOf(error).some((it) => {
    const { errors, syscall } = it as { errors?: unknown; syscall?: unknown };
    // Node tries each address of a name: all of them have to have been refused.
    if (Array.isArray(errors) && errors.length > 0) return errors.every(wasRefused);
    const code = codeOf(it);
    return REFUSED.test(code) || (syscall === "connect" && code === "ETIMEDOUT") ||
      // Deno says it in words only: the error of its HTTP client while it was still connecting.
      messageOf(it).includes("client error (Connect)");
  });
}

/** Tells whether `fetch` rejected because it met a redirect, which it was told not to follow. */
export function wasRedirect(error: unknown): boolean {
  return causesOf(error).some((it) =>
    codeOf(it) === "UnexpectedRedirect" ||
    // Not by the word alone: some messages quote the URL, and a model may be called so.
    /^unexpected redirect\b|\bredirect mode is\b/i.test(messageOf(it))
  );
}

/** A few words on what went wrong, for a message: never what was sent, which some errors quote. */
export function reasonOf(error: unknown): string {
  const causes = causesOf(error);
  const code = causes.map(codeOf).find((it) => it !== "") ?? "";
  const last = causes.at(-1);
  const [line = ""] = messageOf(last).split(/[\r\n{]/);
  const words = excerpt(line.replace(/[\s:(]+$/, ""), 120) || nameOf(last);
  return code && !words.includes(code) ? `${words || "no answer"} (${code})` : words;
}

/**
 * The error as it is, or a copy of its words without the secret where it quotes that, as errors of
 * libraries that print the request do.
 */
export function withoutSecret(error: unknown, secret: string | undefined): unknown {
  if (!secret || !causesOf(error).some((it) => quotes(it, secret))) return error;
  const copy = new Error(`${nameOf(error)}: ${reasonOf(error)}`.replaceAll(secret, "***"));
  const code = codeOf(error);
  return Object.assign(copy, code && { code });
}

function quotes(error: unknown, secret: string): boolean {
  const texts = [messageOf(error), (error as { stack?: unknown } | null)?.stack];
  if (typeof error === "object" && error !== null) texts.push(...Object.values(error));
  return texts.some((text) => typeof text === "string" && text.includes(secret));
}

/** An error with its causes, the outermost first. Those of an `AggregateError` stay within it. */
function causesOf(error: unknown): object[] {
  const result: object[] = [];
  let item = error;
  while (typeof item === "object" && item !== null && result.length < DEPTH) {
    result.push(item);
    item = (item as { cause?: unknown }).cause;
  }
  return result;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : "";
}

function nameOf(error: unknown): string {
  return String((error as { name?: unknown } | null | undefined)?.name ?? "");
}

function messageOf(error: unknown): string {
  return String((error as { message?: unknown } | null | undefined)?.message ?? error ?? "");
}
