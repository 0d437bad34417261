/** Reads the account of the token: `client.account`. */

import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";

/** A user or an organization. */
export interface Account {
  /** The kind of account. */
  type: "user" | "organization";
  /** The unique name, which is the `owner` of the account's models and deployments. */
  username: string;
  /** The display name. */
  name?: string;
  /** The URL of the account's picture. */
  avatar_url?: string;
  /** The URL of the account's page on GitHub. */
  github_url?: string;
}

/**
 * The account that the token belongs to.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({ models: {}, owner: "acme" });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * assertEquals((await client.account.get()).username, "acme");
 * ```
 */
export class AccountApi extends Resource {
  /**
   * Returns the account that the token belongs to: a user or an organization.
   *
   * @throws {ApiError} 401 if the token is not valid.
   */
  async get(options?: RequestOptions): Promise<Account> {
    return await this.send({
      method: "GET",
      path: "/account",
      action: "get the account",
      expect: "object",
      options,
    });
  }
}
