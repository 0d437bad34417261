/** Reads the readme of a model: `client.models.readme`. */

import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { type NameArgs, namesOf } from "./names.ts";
import { Resource } from "./resource.ts";

/**
 * The readme of a model.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({ models: { "acme/echo": { readme: "# Echo" } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * assertEquals(await client.models.readme.get("acme", "echo"), "# Echo");
 * ```
 */
export class ModelReadmeApi extends Resource {
  /**
   * Returns the readme of a model, as Markdown.
   *
   * @throws {ApiError} 404 if there is no such model, or it has no readme.
   */
  get(owner: string, name: string, options?: RequestOptions): Promise<string>;
  /** The same, by `"owner/name"`. */
  get(name: string, options?: RequestOptions): Promise<string>;
  async get(...args: NameArgs<RequestOptions>): Promise<string> {
    const [owner, name, options] = namesOf(args);
    return await this.send({
      method: "GET",
      path: path`/models/${owner}/${name}/readme`,
      action: `get the readme of ${owner}/${name}`,
      headers: { accept: "text/plain" },
      as: "text",
      options,
    });
  }
}
