import type { WebhookBody } from "./body.ts";
import { WebhookError } from "./error.ts";
import { type RawWebhook, verifiedBody } from "./verify.ts";

/** What `validateWebhook` takes in place of a request: its parts, and the secret. */
export interface WebhookParts {
  /** The `webhook-id` header. */
  id: string;
  /** The `webhook-timestamp` header. */
  timestamp: string;
  /** The `webhook-signature` header. */
  signature: string;
  /** As it came over the wire. */
  body: WebhookBody;
  /** `whsec_...` */
  secret: string;
}

/**
 * Whether a webhook is from Replicate: `validateWebhook` of the official client, in both its call
 * shapes. Unlike there, a webhook that was sent more than five minutes ago is none, and a body that was
 * parsed is an error: its bytes are gone. New code is better off with {@linkcode verifyWebhook}.
 *
 * @param crypto Taken for compatibility, and not used: all runtimes have their own.
 *
 * @throws {WebhookError} `body`, if the body cannot be read, or was parsed already.
 * @throws {TypeError} If the secret cannot be used.
 *
 * @example
 * ```ts
 * import { signWebhook, validateWebhook } from "@x/replicate/webhooks";
 * import { assert } from "@std/assert";
 *
 * const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
 * const headers = await signWebhook("{}", { secret });
 * assert(await validateWebhook({ headers, body: "{}" }, secret));
 * ```
 */
export function validateWebhook(
  request: Request | RawWebhook,
  secret: string,
  crypto?: unknown,
): Promise<boolean>;
/** The same, with all in one object. */
export function validateWebhook(parts: WebhookParts, crypto?: unknown): Promise<boolean>;
export async function validateWebhook(
  request: Request | RawWebhook | WebhookParts,
  secret?: unknown,
): Promise<boolean> {
  try {
    if ("headers" in request) {
      await verifiedBody(request, { secret: secret as string });
    } else {
      const { id, timestamp, signature, body } = request;
      const headers = {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
      };
      // `null`, as without a body the object itself would be read.
      await verifiedBody({ headers, body: body ?? null }, { secret: request.secret });
    }
    return true;
  } catch (error) {
    if (error instanceof WebhookError && error.code !== "body") return false;
    throw error;
  }
}
