import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";

/** A user, or an organization. */
export interface Account {
  /** Which of the two it is. */
  type: "user" | "organization";
  /** The `owner` of its models and deployments. */
  username: string;
  /** As it is to be shown. */
  name?: string;
  /** Its picture. */
  avatar_url?: string;
  /** Its page on GitHub. */
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
   * The account of the token: a user, or the organization that the token is of.
   *
   * @throws {ApiError} 401 if the token is not valid.
   */
  async get(options?: RequestOptions): Promise<Account> {
    return await this.send({
      method: "GET",
      path: "/account",
      action: "get the account",
      options,
    });
  }
}
