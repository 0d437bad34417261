/** Reads the secret of webhooks: `client.webhooks`. */

import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";

/** The secret that webhooks are signed with. */
export interface WebhookSecret {
  /** The key, which begins with `whsec_`. Keep it secret: anyone who has it can forge webhooks. */
  key: string;
}

/** Reads the secret of the account's webhooks. */
export class WebhookSecretApi extends Resource {
  /**
   * Returns the secret that every webhook of the account is signed with. It rarely changes: keep it,
   * rather than request it for each webhook.
   *
   * @throws {ApiError} 401 if the token is not valid.
   *
   * @example
   * ```ts
   * import { Client } from "@x/replicate";
   * import { FakeReplicate } from "@x/replicate/testing";
   * import { assert } from "@std/assert";
   *
   * await using fake = new FakeReplicate({ models: {} });
   * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
   * const { key } = await client.webhooks.default.secret.get();
   * assert(key.startsWith("whsec_"));
   * ```
   */
  async get(options?: RequestOptions): Promise<WebhookSecret> {
    return await this.send({
      method: "GET",
      path: "/webhooks/default/secret",
      action: "get the webhook secret",
      expect: "object",
      options,
    });
  }
}

/**
 * Settings of webhooks. To verify a webhook, use `verifyWebhook` of `@x/replicate/webhooks`.
 *
 * @example
 * ```ts
 * import { createSend, WebhooksApi } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assert } from "@std/assert";
 *
 * await using fake = new FakeReplicate({ models: {} });
 * const webhooks = new WebhooksApi(createSend({ auth: "r8_test", fetch: fake.fetch }));
 * assert((await webhooks.default.secret.get()).key.startsWith("whsec_"));
 * ```
 */
export class WebhooksApi extends Resource {
  /** The default endpoint for webhooks, the only one that an account has. */
  readonly default: {
    /** Reads the secret of the account's webhooks. */
    readonly secret: WebhookSecretApi;
  } = { secret: new WebhookSecretApi(this.send) };
}
