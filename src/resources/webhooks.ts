import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";

/** What webhooks are signed with. */
export interface WebhookSecret {
  /** Begins with `whsec_`. Who has it can forge webhooks. */
  key: string;
}

/** The secret of the account's webhooks. */
export class WebhookSecretApi extends Resource {
  /**
   * What every webhook of the account is signed with. It rarely changes: keep it, rather than asking
   * for each webhook.
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
      options,
    });
  }
}

/**
 * What webhooks need.
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
  /** Of the one endpoint for webhooks that an account has. */
  readonly default: {
    /** The secret of the account's webhooks. */
    readonly secret: WebhookSecretApi;
  } = { secret: new WebhookSecretApi(this.send) };
}
