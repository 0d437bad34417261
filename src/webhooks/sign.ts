/** Signing webhooks, as Replicate does. */

import { checkKeys } from "../base/check.ts";
import { keysOf, signaturesOf, type WebhookSecrets } from "./hmac.ts";

/** The options of {@linkcode signWebhook}. */
export interface SignWebhookOptions {
  /** The secret, `whsec_...`. Several secrets give several signatures, as during a rotation. */
  secret: WebhookSecrets;
  /** The `webhook-id`, which all attempts at one delivery share. Default: a new one, `msg_...`. */
  id?: string | undefined;
  /** The time of sending: seconds since 1970, or a `Date`. Default: now. */
  timestamp?: number | Date | undefined;
}

/**
 * Signs a webhook: returns the headers that Replicate would send with this body. It is meant for tests
 * and for servers that imitate Replicate.
 *
 * @throws {TypeError} If the secret cannot be used.
 * @throws {RangeError} If the timestamp is not a time.
 *
 * @example
 * ```ts
 * import { signWebhook } from "@x/replicate/webhooks";
 * import { assertEquals } from "@std/assert";
 *
 * const headers = await signWebhook('{"test": 2432232314}', {
 *   secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
 *   id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
 *   timestamp: 1614265330,
 * });
 * assertEquals(
 *   headers.get("webhook-signature"),
 *   "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
 * );
 * ```
 */
export async function signWebhook(
  body: string | Uint8Array,
  options: SignWebhookOptions,
): Promise<Headers> {
  checkKeys(options, ["secret", "id", "timestamp"], "sign a webhook");
  const { secret, id = newId(), timestamp = new Date() } = options;
  const seconds = Math.floor(timestamp instanceof Date ? timestamp.getTime() / 1000 : timestamp);
  if (!(seconds >= 0 && seconds < 1e12)) {
    throw new RangeError(`Cannot sign a webhook: ${timestamp} is not a time in seconds since 1970`);
  }
  const signatures = await signaturesOf(keysOf(secret), id, `${seconds}`, body);
  return new Headers({
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": `${seconds}`,
    "webhook-signature": signatures.join(" "),
  });
}

function newId(): string {
  return `msg_${crypto.randomUUID().replaceAll("-", "").slice(0, 27)}`;
}
