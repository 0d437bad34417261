/** The meaning of what a `fetch` rejected with: on each runtime, of each make, and from each realm. */

import { excerpt } from "../base/text.ts";

/** Codes of a connection that never stood, so that the server cannot have seen the request. */
const REFUSED = /* @__PURE__ */ new RegExp(
  "^(?:ECONNREFUSED|ENOTFOUND|EAI_\\w+|E(?:NET|HOST)(?:UNREACH|DOWN)|EADDRNOTAVAIL|" +
    "UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket|ERR_(?:TLS|SSL)_\\w+|" +
    "\\w*CERT\\w*|UNABLE_TO_\\w+|HOSTNAME_MISMATCH)$",
);

/** Codes of a connection that broke. */
const LOST = /* @__PURE__ */ new RegExp(
  "^(?:E(?:CONN|PIPE|TIMEDOUT|PROTO|SHUTDOWN|NETRESET)\\w*|UND_ERR_(?!INVALID|NOT_SUPPORTED)\\w+|" +
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
  const name = textOf(error, "name");
  // What Node's own checks of arguments throw is a `TypeError` too.
  if (name === "TypeError") {
    return !/^ERR_(?:INVALID|MISSING|ASSERTION)/.test(textOf(error, "code"));
  }
  const { type, retryable } = Object(error) as { type?: unknown; retryable?: unknown };
  // `node-fetch` says by the name and a `type`, in place of a `TypeError`, that the network failed.
  return (name === "FetchError" && typeof type === "string") || typeof retryable === "boolean" ||
    codesOf(error).some((code) => REFUSED.test(code) || LOST.test(code));
}

/** Tells whether the server cannot have seen the request: no connection ever stood. */
export function wasRefused(error: unknown): boolean {
  return causesOf(error).some((it) => {
    const { errors, syscall } = it as { errors?: unknown; syscall?: unknown };
    // Node tries each address of a name: all of them have to have been refused.
    if (Array.isArray(errors) && errors.length > 0) return errors.every(wasRefused);
    const code = textOf(it, "code");
    return REFUSED.test(code) || (syscall === "connect" && code === "ETIMEDOUT") ||
      // Deno says it in words only: the error of its HTTP client while it was still connecting.
      textOf(it, "message").includes("client error (Connect)");
  });
}

/** Tells whether `fetch` rejected because it met a redirect, which it was told not to follow. */
export function wasRedirect(error: unknown): boolean {
  return causesOf(error).some((it) =>
    textOf(it, "code") === "UnexpectedRedirect" ||
    // Not by the word alone: some messages quote the URL, and a model may be called so.
    /^unexpected redirect\b|\bredirect mode is\b/i.test(textOf(it, "message"))
  );
}

/** A few words on what went wrong, for a message: never what was sent, which some errors quote. */
export function reasonOf(error: unknown): string {
  const [code] = codesOf(error).filter(Boolean);
  const last = causesOf(error).at(-1);
  const [line = ""] = textOf(last, "message").split(/[\r\n{]/);
  const words = excerpt(line.replace(/[\s:(]+$/, ""), 120) || textOf(last, "name");
  return code && !words.includes(code) ? `${words || "no answer"} (${code})` : words;
}

/**
 * The error as it is, or a copy of its words without the secret where it quotes that, as errors of
 * libraries that print the request do.
 */
export function withoutSecret(error: unknown, secret: string | undefined): unknown {
  if (!secret || !causesOf(error).some((it) => quotes(it, secret))) return error;
  const words = `${textOf(error, "name")}: ${reasonOf(error)}`;
  const code = textOf(error, "code");
  return Object.assign(new Error(words.replaceAll(secret, "***")), code && { code });
}

function quotes(error: object, secret: string): boolean {
  const { message, stack } = error as Partial<Error>;
  return [message, stack, ...Object.values(error)].some((text) =>
    typeof text === "string" && text.includes(secret)
  );
}

/** An error with its causes, the outermost first. Those of an `AggregateError` stay within it. */
function causesOf(error: unknown): object[] {
  const result: object[] = [];
  while (typeof error === "object" && error !== null && result.length < DEPTH) {
    result.push(error);
    error = (error as { cause?: unknown }).cause;
  }
  return result;
}

function codesOf(error: unknown): string[] {
  return causesOf(error).map((it) => textOf(it, "code"));
}

/** A field of an error; `""` where it is no text, as the `code` of a `DOMException`. */
function textOf(error: unknown, field: "code" | "name" | "message"): string {
  const text = (error as Record<string, unknown> | null | undefined)?.[field];
  return typeof text === "string" ? text : "";
}
