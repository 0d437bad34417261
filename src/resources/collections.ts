import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";
import type { Model } from "./models.ts";

/** A collection of models, without its models. */
export interface CollectionSummary {
  /** As it is to be shown. */
  name: string;
  /** In lower case with dashes: what `collections.get` takes. */
  slug: string;
  /** One sentence on it. */
  description: string;
}

/** A collection of models. */
export interface Collection extends CollectionSummary {
  /** More on it, as Markdown. */
  full_description?: string | null;
  /** All of them: they have no pages. */
  models: Model[];
}

/**
 * Collections of models for one purpose. That of the official models has the slug `official`.
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
   * Every collection, without its models.
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
   * A collection with its models.
   *
   * @throws {ApiError} 404 if there is none with this slug.
   */
  async get(slug: string, options?: RequestOptions): Promise<Collection> {
    return await this.send({
      method: "GET",
      path: path`/collections/${slug}`,
      action: `get collection ${slug}`,
      options,
    });
  }
}
