import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";
import type { Model } from "./models.ts";

/** What was found. */
export interface SearchResults {
  /** What was searched for. */
  query: string;
  /** The best first. */
  models: FoundModel[];
  /** Collections of models. */
  collections: FoundCollection[];
  /** Pages of Replicate's documentation. */
  pages: FoundPage[];
}

/** A model that was found. */
export interface FoundModel {
  /** The model itself. */
  model: Model;
  /** What the search knows of it. */
  metadata: {
    /** A longer description, written by a model. */
    generated_description?: string | null;
    tags?: string[];
    /** How well it fits: the more, the better. */
    score?: number | null;
  };
}

/** A collection that was found. */
export interface FoundCollection {
  /** As it is to be shown. */
  name: string;
  /** What `collections.get` takes. */
  slug: string;
  /** One sentence on it. */
  description?: string;
  /** As `owner/name`. */
  models?: string[] | null;
}

/** A page of the documentation that was found. */
export interface FoundPage {
  /** Its title. */
  name: string;
  /** Its path on replicate.com. */
  href: string;
}

/** What a search takes. */
export interface SearchOptions extends RequestOptions {
  /** What to search for. */
  query: string;
  /** How many models there may be: 1 to 50. Default 20. */
  limit?: number | undefined;
}

/**
 * The search over everything. A client has it as `client.search`.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({ models: { "acme/echo": {} } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const { models } = await client.search({ query: "echo", limit: 5 });
 * assertEquals(models.map(({ model }) => model.name), ["echo"]);
 * ```
 */
export class SearchApi extends Resource {
  /**
   * Searches public models, collections and pages of the documentation. It works without a token.
   *
   * @throws {ApiError} 400 if there is nothing to search for.
   */
  async search(options: SearchOptions): Promise<SearchResults> {
    const { query, limit, ...request } = options;
    return await this.send({
      method: "GET",
      path: "/search",
      query: { query, limit },
      action: "search",
      anonymous: true,
      options: request,
    });
  }
}
