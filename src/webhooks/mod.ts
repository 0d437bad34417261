/**
 * Webhooks: verify that they are from Replicate, handle each one once, and sign your own in tests.
 *
 * @module
 */

export type { WebhookBody } from "./body.ts";
export { WebhookError, type WebhookErrorCode } from "./error.ts";
export {
  type EndedPrediction,
  type WebhookDelivery,
  type WebhookListener,
  type WebhookListeners,
} from "./events.ts";
export { type ExpiringStore, expiringStore } from "./expiring_store.ts";
export {
  webhookHandler,
  type WebhookHandlerOptions,
  type WebhookHandlerSettings,
  type WebhookTrust,
} from "./handler.ts";
export { type WebhookSecrets } from "./hmac.ts";
export { type SecretSource } from "./secrets.ts";
export { type NodeHandler, type NodeRequest, type NodeResponse, toNodeHandler } from "./node.ts";
export { signWebhook, type SignWebhookOptions } from "./sign.ts";
export { validateWebhook, type WebhookParts } from "./validate.ts";
export {
  isTraining,
  type RawWebhook,
  verifyWebhook,
  type VerifyWebhookOptions,
  type WebhookHeaders,
  type WebhookPayload,
} from "./verify.ts";
