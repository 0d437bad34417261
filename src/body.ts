import type { Attempt } from "./attempt.ts";
import type { TimeoutError } from "./errors.ts";

/** How much of an error's body is read. */
const BOUND = 64 * 1024;

/** The start of a body as text; the rest is let go, so that the connection is not held. */
export async function readStart(response: Response, attempt: Attempt): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder();
  let text = "";
  let left = BOUND;
  try {
    while (left > 0) {
      const { done, value } = await attempt.race(reader.read());
      if (done) return text + decoder.decode();
      text += decoder.decode(value.subarray(0, left), { stream: true });
      left -= value.length;
    }
    return text;
  } finally {
    // Not awaited: a source may never answer, and what matters is that it was told.
    reader.cancel().catch(() => {});
  }
}

/** Lets a response go that nobody will read. */
export function discard(response: Response): void {
  if (response.body && !response.bodyUsed) response.body.cancel().catch(() => {});
}

/**
 * The response with a body that keeps the attempt's rules for as long as it is read: it fails when it
 * stops moving for `idle` milliseconds, when the caller leaves, and it closes the attempt at its end.
 * A reader that pauses is not idle, and pauses the server: one chunk is asked for at a time.
 */
export function guarded(
  response: Response,
  attempt: Attempt,
  idle: { ms: number | null; error: () => TimeoutError; broken: (cause: unknown) => unknown },
): Response {
  if (!response.body) {
    attempt.close();
    return response;
  }
  const reader = response.body.getReader();
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller): Promise<void> {
      attempt.start("idle", idle.ms, idle.error);
      try {
        const { done, value } = await attempt.race(reader.read());
        attempt.stop("idle");
        if (!done) return controller.enqueue(value);
        attempt.close();
        controller.close();
      } catch (error) {
        attempt.close();
        reader.cancel(error).catch(() => {});
        controller.error(attempt.aborted ? error : idle.broken(error));
      }
    },
    cancel(reason): Promise<void> {
      attempt.close();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return withBody(response, stream);
}

/** The response with another body in place of its own. */
export function withBody(
  { status, statusText, headers, url }: Response,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Response {
  const response = new Response(body, { status, statusText, headers });
  // A response made by hand has no address.
  return Object.defineProperty(response, "url", { value: url, configurable: true });
}
