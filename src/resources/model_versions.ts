/** Lists, reads and deletes versions of a model: `client.models.versions`. */

import { type ListOptions, type Page, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { isMissing } from "./missing.ts";
import { type NameArgs, namesOf, type VersionArgs, versionOf } from "./names.ts";
import { Resource } from "./resource.ts";

/** A version of a model. */
export interface ModelVersion {
  /** The id, 64 hexadecimal digits long. */
  id: string;
  /** The time of creation, in UTC, as RFC 3339. */
  created_at: string;
  /** The version of Cog that built it. */
  cog_version?: string | null;
  /** The schemas of its input and output; some versions have none. */
  openapi_schema?: ModelSchema | null;
}

/** The OpenAPI document of a version. `components.schemas` describes its input and output. */
export interface ModelSchema {
  /** The reusable parts of the document. */
  components?: {
    /** JSON schemas by name, `Input` and `Output` among them. */
    schemas?: Record<string, unknown>;
    /** Any other reusable part. */
    [name: string]: unknown;
  };
  /** Any other field of an OpenAPI document. */
  [name: string]: unknown;
}

/**
 * Versions of a model.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({ models: { "acme/echo": { versions: 2 } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const [newest] = (await client.models.versions.list("acme", "echo")).results;
 * const { latest_version } = await client.models.get("acme", "echo");
 * assertEquals(newest?.id, latest_version?.id);
 * ```
 */
export class ModelVersionsApi extends Resource {
  /**
   * Lists the versions of a model, newest first. An official model has no public versions: its list
   * has the latest one only.
   *
   * @throws {ApiError} 404 if there is no such model.
   */
  readonly list: {
    (owner: string, name: string, options?: ListOptions): Pages<ModelVersion>;
    /** The same, by `"owner/name"`. */
    (model: string, options?: ListOptions): Pages<ModelVersion>;
  } = (...args: NameArgs<ListOptions>) =>
    // The names are looked at when the list is asked for: what is wrong rejects.
    new Pages(this.send, () => {
      const [owner, name, { cursor, ...options } = {}] = namesOf(args);
      return {
        method: "GET",
        path: path`/models/${owner}/${name}/versions`,
        query: { cursor },
        action: `list versions of ${owner}/${name}`,
        options,
      };
    }, (error) => {
      const [owner, name, { cursor: _, ...options } = {}] = namesOf(args);
      return this.#latest(error, owner, name, options);
    });

  /**
   * Returns a version of a model.
   *
   * @throws {ApiError} 404 if there is no such version.
   */
  get(
    owner: string,
    name: string,
    version: string,
    options?: RequestOptions,
  ): Promise<ModelVersion>;
  /** The same, by `"owner/name"` and the version. */
  get(
    model: `${string}/${string}`,
    version: string,
    options?: RequestOptions,
  ): Promise<ModelVersion>;
  /** The same, by `"owner/name:version"`. */
  get(version: string, options?: RequestOptions): Promise<ModelVersion>;
  async get(...args: VersionArgs<RequestOptions>): Promise<ModelVersion> {
    const [owner, name, version, options] = versionOf(args);
    return await this.send({
      method: "GET",
      path: path`/models/${owner}/${name}/versions/${version}`,
      action: `get version ${version} of ${owner}/${name}`,
      expect: "record",
      options,
    });
  }

  /**
   * Deletes a version of a private model of yours, with all its predictions and their files. Returns
   * `true` when the server has accepted the request; the deletion takes some minutes.
   *
   * @throws {ApiError} 404 if there is no such version; another status if somebody else, a training
   * or a deployment uses it.
   */
  delete(
    owner: string,
    name: string,
    version: string,
    options?: RequestOptions,
  ): Promise<boolean>;
  /** The same, by `"owner/name"` and the version. */
  delete(model: `${string}/${string}`, version: string, options?: RequestOptions): Promise<boolean>;
  /** The same, by `"owner/name:version"`. */
  delete(version: string, options?: RequestOptions): Promise<boolean>;
  async delete(...args: VersionArgs<RequestOptions>): Promise<boolean> {
    const [owner, name, version, options] = versionOf(args);
    await this.send({
      method: "DELETE",
      path: path`/models/${owner}/${name}/versions/${version}`,
      action: `delete version ${version} of ${owner}/${name}`,
      options,
    });
    return true;
  }

  async #latest(
    error: unknown,
    owner: string,
    name: string,
    options: RequestOptions,
  ): Promise<Page<ModelVersion>> {
    if (!isMissing(error)) throw error;
    const model = await this.send<{ latest_version?: ModelVersion | null }>({
      method: "GET",
      path: path`/models/${owner}/${name}`,
      action: `list versions of ${owner}/${name}`,
      expect: "object",
      options,
    }).catch((other) => {
      throw isMissing(other) ? error : other;
    });
    if (!model.latest_version) throw error;
    return { next: null, previous: null, results: [model.latest_version] };
  }
}
