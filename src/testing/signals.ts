/** Signals of two origins as one. */

import { networkError } from "./faults.ts";

/** Makes a signal that aborts with the first of two, until it is unlinked from both. */
export function anyOf(
  asked: AbortSignal | undefined,
  closing: AbortSignal,
): { signal: AbortSignal; unlink: () => void } {
  const controller = new AbortController();
  const leave = (): void => controller.abort(asked?.reason);
  const close = (): void => controller.abort(networkError("ECONNRESET"));
  if (asked?.aborted) leave();
  if (closing.aborted) close();
  asked?.addEventListener("abort", leave, { once: true });
  closing.addEventListener("abort", close, { once: true });
  const unlink = (): void => {
    asked?.removeEventListener("abort", leave);
    closing.removeEventListener("abort", close);
  };
  return { signal: controller.signal, unlink };
}
