import { keysOf, signaturesOf, type WebhookSecrets } from "./hmac.ts";

/** What a webhook is signed with. */
export interface SignWebhookOptions {
  /** `whsec_...`; several give several signatures, as while a secret is replaced. */
  secret: WebhookSecrets;
  /** The same for all attempts of one delivery. Default: a new one, `msg_...`. */
  id?: string | undefined;
  /** When it is sent: seconds since 1970, or a `Date`. Default: now. */
  timestamp?: number | Date | undefined;
}

/**
 * The headers that Replicate would send with a body: for tests, and for servers that imitate it.
 *
 * @throws {TypeError} If the secret cannot be used.
 * @throws {RangeError} If the timestamp is no time.
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
  { secret, id = newId(), timestamp = new Date() }: SignWebhookOptions,
): Promise<Headers> {
  const seconds = Math.floor(timestamp instanceof Date ? timestamp.getTime() / 1000 : timestamp);
  if (!(seconds >= 0 && seconds < 1e12)) {
    throw new RangeError(`Cannot sign a webhook: ${timestamp} is no time in seconds since 1970`);
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
