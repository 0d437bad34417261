import { ApiError } from "../errors.ts";
import { type ListOptions, type Page, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";

/** A version of a model. */
export interface ModelVersion {
  /** 64 hexadecimal digits. */
  id: string;
  /** RFC 3339, in UTC. */
  created_at: string;
  /** The version of Cog it was built with. */
  cog_version?: string | null;
  /** What it takes and gives; some versions have none. */
  openapi_schema?: ModelSchema | null;
}

/** The OpenAPI document of a version. What it takes and gives is in `components.schemas`. */
export interface ModelSchema {
  /** The parts of the document. */
  components?: {
    /** `Input` and `Output` among them, as JSON schemas. */
    schemas?: Record<string, unknown>;
    /** Whatever else is in there. */
    [name: string]: unknown;
  };
  /** Whatever else an OpenAPI document holds. */
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
   * The versions of a model, newest first. An official model keeps them to itself: then it is the
   * latest one alone.
   *
   * @throws {ApiError} 404 if there is no such model.
   */
  readonly list: (owner: string, name: string, options?: ListOptions) => Pages<ModelVersion> = (
    owner,
    name,
    { cursor, ...options } = {},
  ) =>
    new Pages(this.send, () => ({
      method: "GET",
      path: path`/models/${owner}/${name}/versions`,
      query: { cursor },
      action: `list versions of ${owner}/${name}`,
      options,
    }), (error) => this.#latest(error, owner, name, options));

  /**
   * A version of a model.
   *
   * @throws {ApiError} 404 if there is no such version.
   */
  async get(
    owner: string,
    name: string,
    version: string,
    options?: RequestOptions,
  ): Promise<ModelVersion> {
    return await this.send({
      method: "GET",
      path: path`/models/${owner}/${name}/versions/${version}`,
      action: `get version ${version} of ${owner}/${name}`,
      options,
    });
  }

  /**
   * Deletes a version of a private model of yours, with all its predictions and their files. It is
   * accepted at once, which gives `true`, and done within some minutes.
   *
   * @throws {ApiError} 404 if there is no such version; another status if it is in use by others, by a
   * training or by a deployment.
   */
  async delete(
    owner: string,
    name: string,
    version: string,
    options?: RequestOptions,
  ): Promise<boolean> {
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
      options,
    }).catch((other) => {
      throw isMissing(other) ? error : other;
    });
    if (!model.latest_version) throw error;
    return { next: null, previous: null, results: [model.latest_version] };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
