/** Reads collections of models: `client.collections`. */

import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";
import type { Model } from "./models.ts";

/** A collection as lists show it, without its models. */
export interface CollectionSummary {
  /** The display name. */
  name: string;
  /** The name in URLs, in lower case with dashes. `collections.get` takes it. */
  slug: string;
  /** A short description. */
  description: string;
}

/** A collection with its models. */
export interface Collection extends CollectionSummary {
  /** The long description, as Markdown. */
  full_description?: string | null;
  /** Every model of the collection; this list has no pages. */
  models: Model[];
}

/**
 * Collections of models that serve one purpose. The slug `official` is that of the official models.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/echo": {} },
 *   collections: { "text-tools": { models: ["acme/echo"] } },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const { models } = await client.collections.get("text-tools");
 * assertEquals(models.map(({ name }) => name), ["echo"]);
 * ```
 */
export class CollectionsApi extends Resource {
  /**
   * Lists every collection, without its models.
   *
   * @throws {ApiError} 401 if the token is not valid.
   */
  readonly list: (options?: ListOptions) => Pages<CollectionSummary> = (
    { cursor, ...options } = {},
  ) =>
    new Pages(this.send, () => ({
      method: "GET",
      path: "/collections",
      query: { cursor },
      action: "list collections",
      options,
    }));

  /**
   * Returns a collection with its models.
   *
   * @throws {ApiError} 404 if there is no collection with this slug.
   */
  async get(slug: string, options?: RequestOptions): Promise<Collection> {
    return await this.send({
      method: "GET",
      path: path`/collections/${slug}`,
      action: `get collection ${slug}`,
      expect: "object",
      options,
    });
  }
}
