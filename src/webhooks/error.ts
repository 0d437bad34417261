import { ReplicateError } from "../errors.ts";

/**
 * Why a webhook was refused.
 *
 * - `headers`: one of the three headers is missing.
 * - `timestamp`: the time it was sent is no number, or too far from now.
 * - `signature`: nobody who has the secret has signed this.
 * - `body`: the body cannot be read, was parsed already, or is signed and no JSON object.
 */
export type WebhookErrorCode = "headers" | "timestamp" | "signature" | "body";

/**
 * A webhook cannot be trusted, or cannot be read; `code` says why.
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
  /** What it is called, also in a minified bundle. */
  override get name(): "WebhookError" {
    return "WebhookError";
  }
  /** Why it was refused. */
  readonly code: WebhookErrorCode;

  /**
   * Made from why a webhook is refused.
   *
   * @param code Why, for programs.
   * @param why What is wrong, to follow `Cannot verify the webhook: `.
   * @param cause What was caught, if anything was.
   */
  constructor(code: WebhookErrorCode, why: string, cause?: unknown) {
    super(`Cannot verify the webhook: ${why}`, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
