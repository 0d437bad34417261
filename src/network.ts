/** What a rejected `fetch` means, on each runtime. */

/**
 * Whether `fetch` rejected because the network failed it: with a `TypeError`, or with a system `code`.
 * workerd's plain `Error` carries `retryable` instead. Anything else is somebody's bug.
 */
export function isNetworkLoss(error: unknown): boolean {
  return error instanceof TypeError || codes(error).length > 0 ||
    (error instanceof Error && typeof (error as { retryable?: unknown }).retryable === "boolean");
}

/** Whether the server cannot have seen the request: nobody listens, or the name is not known. */
export function wasRefused(error: unknown): boolean {
  return codes(error).some((code) => REFUSED.has(code)) ||
    // Deno says it in words only: the error of its HTTP client while it was still connecting.
    chain(error).some((item) =>
      item instanceof Error && item.message.includes("client error (Connect)")
    );
}

/** Whether `fetch` rejected because it met a redirect, which it was told not to follow. */
export function wasRedirect(error: unknown): boolean {
  return chain(error).some((item) => item instanceof Error && /\bredirect/i.test(item.message)) ||
    codes(error).includes("UnexpectedRedirect");
}

/** The innermost words on what went wrong, for a message. */
export function reasonOf(error: unknown): string {
  const last = chain(error).at(-1);
  const code = codes(error)[0];
  const message = last instanceof Error ? last.message || last.name : String(last);
  return code && !message.includes(code) ? `${message || "no answer"} (${code})` : message;
}

const REFUSED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ConnectionRefused",
  "FailedToOpenSocket",
]);

/** An error with its causes, the outermost first. */
function chain(error: unknown): unknown[] {
  const result: unknown[] = [];
  for (let item = error; item !== undefined && item !== null && result.length < 6;) {
    result.push(item);
    item = (item as { cause?: unknown }).cause;
  }
  return result;
}

function codes(error: unknown): string[] {
  return chain(error).map((item) => (item as { code?: unknown }).code)
    .filter((code) => typeof code === "string");
}
