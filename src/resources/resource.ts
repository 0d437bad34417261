import type { Send } from "../http/types.ts";

/**
 * The base of every resource. Extend it for an endpoint that this library lacks.
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
  /** Sends a request. */
  protected readonly send: Send;

  /** `send` is what sends requests: `createSend()`, or a function of a test's own. */
  constructor(send: Send) {
    this.send = send;
  }
}
