/** A `Send` around another one. */

import type { ClientOptions } from "./options.ts";
import type { RequestSpec, Send } from "./types.ts";

/**
 * Makes a function a `Send` with the options, the parts and the clock of the one that it sends by.
 *
 * @param patch Options in which it differs.
 */
export function wrapped(
  send: Send,
  own: <T>(spec: RequestSpec) => Promise<T>,
  patch?: ClientOptions,
): Send {
  return Object.defineProperties(own, {
    options: { get: () => patch ? { ...send.options, ...patch } : send.options },
    parts: { value: send.parts },
    clock: { get: () => send.clock },
  });
}
