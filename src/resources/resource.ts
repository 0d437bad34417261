/** The base class of every resource. */

import type { Send } from "../http/types.ts";

/**
 * The base class of every resource. Extend it for an endpoint that this library lacks.
 *
 * @example
 * ```ts
 * import { createSend, Resource } from "@x/replicate";
 * import { assertEquals } from "@std/assert";
 *
 * class StatusApi extends Resource {
 *   get(): Promise<{ ok: boolean }> {
 *     return this.send({ method: "GET", path: "/status", action: "get the status" });
 *   }
 * }
 * const fetch = () => Promise.resolve(Response.json({ ok: true }));
 * const status = new StatusApi(createSend({ auth: "r8_test", fetch }));
 * assertEquals(await status.get(), { ok: true });
 * ```
 */
export abstract class Resource {
  /** Sends one request, and resolves to the answer. */
  protected readonly send: Send;

  /**
   * Makes a resource, without a request.
   *
   * @param send Sends the requests: the result of `createSend()`, or a function that a test brings.
   */
  constructor(send: Send) {
    this.send = send;
  }
}
