/** `validateWebhook`, for programs that come from the official client. */

import type { WebhookBody } from "./body.ts";
import { WebhookError } from "./error.ts";
import { type RawWebhook, verifiedBody } from "./verify.ts";

/** The parts of a request and the secret, as one argument of `validateWebhook`. */
export interface WebhookParts {
  /** The `webhook-id` header. */
  id: string;
  /** The `webhook-timestamp` header. */
  timestamp: string;
  /** The `webhook-signature` header. */
  signature: string;
  /** The body as it came over the wire. */
  body: WebhookBody;
  /** The secret, `whsec_...`. */
  secret: string;
}

/**
 * Returns whether a webhook is from Replicate. It takes both call shapes of the official client's
 * function of this name. Unlike that one, it returns `false` for a webhook that was sent more than five
 * minutes ago, and it throws for a body that was parsed, since the signed bytes are gone. New code is
 * better off with {@linkcode verifyWebhook}.
 *
 * @param crypto Ignored. The official client takes one.
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
/** Returns whether a webhook is from Replicate, given its parts and the secret in one object. */
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
      // `null`, as `undefined` would mean that the object itself is the body.
      await verifiedBody({ headers, body: body ?? null }, { secret: request.secret });
    }
    return true;
  } catch (error) {
    if (error instanceof WebhookError && error.code !== "body") return false;
    throw error;
  }
}
