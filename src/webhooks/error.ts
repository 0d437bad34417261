/** The error of a webhook that is refused. */

import { rename, ReplicateError, seeHelp } from "../errors.ts";

/**
 * The reason why a webhook was refused.
 *
 * - `headers`: one of the three headers is missing.
 * - `timestamp`: the time of sending is not a number, or is too far from now.
 * - `signature`: no signature was made with your secret.
 * - `body`: the body cannot be read, was parsed already, or is signed but not a JSON object.
 */
export type WebhookErrorCode = "headers" | "timestamp" | "signature" | "body";

/**
 * A webhook cannot be trusted or cannot be read; `code` says why.
 *
 * @example
 * ```ts
 * import { verifyWebhook, WebhookError } from "@x/replicate/webhooks";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const request = new Request("https://example.com/hook", { method: "POST", body: "{}" });
 * const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
 * const error = await verifyWebhook(request, { secret }).catch((error) => error);
 * assert(error instanceof WebhookError);
 * assertEquals(error.code, "headers");
 * ```
 */
export class WebhookError extends ReplicateError {
  /** The name of the class, which minifying does not change. */
  override get name(): "WebhookError" {
    return "WebhookError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** The reason for programs to act on. */
  readonly code: WebhookErrorCode;

  /**
   * Creates the error.
   *
   * @param code The reason for programs to act on.
   * @param why The reason for people, which follows `Cannot verify the webhook: `.
   * @param cause The error that led to this one, if any.
   */
  constructor(code: WebhookErrorCode, why: string, cause?: unknown) {
    const message = `Cannot verify the webhook: ${why}${seeHelp("WebhookError")}`;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
