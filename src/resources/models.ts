/** Manages and searches models: `client.models`. */

import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { type NameArgs, namesOf } from "./names.ts";
import { Resource } from "./resource.ts";
import { ModelExamplesApi } from "./model_examples.ts";
import { ModelPredictionsApi } from "./model_predictions.ts";
import { ModelReadmeApi } from "./model_readme.ts";
import { type ModelVersion, ModelVersionsApi } from "./model_versions.ts";
import type { Prediction } from "./predictions.ts";

/** A model. */
export interface Model {
  /** The URL of its page on replicate.com. */
  url: string;
  /** The `username` of the account that has the model. */
  owner: string;
  /** The name, unique among the models of the owner. */
  name: string;
  /** A short description. */
  description?: string | null;
  /** `"public"`: anyone can see and run the model; `"private"`: only its owner can. */
  visibility: "public" | "private";
  /**
   * True if Replicate maintains the model. An official model is always on, is run by its name alone,
   * and has no public versions.
   */
  is_official?: boolean;
  /** The URL of its source code. */
  github_url?: string | null;
  /** The URL of its paper. */
  paper_url?: string | null;
  /** The URL of its license. */
  license_url?: string | null;
  /** The URL of its cover image. */
  cover_image_url?: string | null;
  /** The number of times that the model has been run. */
  run_count: number;
  /** A prediction that shows what the model does. */
  default_example?: Prediction | null;
  /** The latest version; `null` until there is one. */
  latest_version?: ModelVersion | null;
  /** The time of creation, in UTC, as RFC 3339. Only models that a search has found have it. */
  created_at?: string;
}

/** Options of `models.list`. */
export interface ListModelsOptions extends ListOptions {
  /** The time to sort by. Default: `"latest_version_created_at"`. */
  sort_by?: "model_created_at" | "latest_version_created_at" | undefined;
  /** The order. Default: `"desc"`, the newest first. */
  sort_direction?: "asc" | "desc" | undefined;
}

/** Options of `models.create`. */
export interface CreateModelOptions extends RequestOptions {
  /** The `username` of the account that the token belongs to. */
  owner: string;
  /** The name, unique among the models of the owner. */
  name: string;
  /** `"public"`: anyone can see and run the model; `"private"`: only its owner can. */
  visibility: "public" | "private";
  /** The `sku` of a {@linkcode Hardware}. */
  hardware: string;
  /** A short description. */
  description?: string | undefined;
  /** The URL of its source code. */
  github_url?: string | undefined;
  /** The URL of its paper. */
  paper_url?: string | undefined;
  /** The URL of its license. */
  license_url?: string | undefined;
  /** The URL of its cover image. */
  cover_image_url?: string | undefined;
}

/** Options of `models.update`. A field that is left out does not change. */
export interface UpdateModelOptions extends RequestOptions {
  /** A short description. */
  description?: string | undefined;
  /** The readme, as Markdown. The answer leaves it out; `models.readme.get` returns it. */
  readme?: string | undefined;
  /** The URL of its source code. */
  github_url?: string | undefined;
  /** The URL of its paper. */
  paper_url?: string | undefined;
  /** The URL of its weights. The answer leaves it out. */
  weights_url?: string | undefined;
  /** The URL of its license. */
  license_url?: string | undefined;
}

/**
 * Models: public ones, and those of the account.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/echo": { description: "Says it again" } },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const model = await client.models.get("acme", "echo");
 * assertEquals(model.description, "Says it again");
 * for await (const { owner, name } of client.models.search("again")) {
 *   assertEquals(`${owner}/${name}`, "acme/echo");
 * }
 * ```
 */
export class ModelsApi extends Resource {
  /** Lists the examples of a model. */
  readonly examples: ModelExamplesApi = new ModelExamplesApi(this.send);
  /** Starts predictions with official models. */
  readonly predictions: ModelPredictionsApi = new ModelPredictionsApi(this.send);
  /** Reads the readme of a model. */
  readonly readme: ModelReadmeApi = new ModelReadmeApi(this.send);
  /** Lists, reads and deletes versions of a model. */
  readonly versions: ModelVersionsApi = new ModelVersionsApi(this.send);

  /**
   * Lists the public models that have a version and an example. There are very many; to find one, use
   * `search`.
   *
   * @throws {ApiError} 401 if the token is not valid.
   */
  readonly list: (options?: ListModelsOptions) => Pages<Model> = (
    { sort_by, sort_direction, cursor, ...options } = {},
  ) =>
    new Pages(this.send, () => ({
      method: "GET",
      path: "/models",
      query: { sort_by, sort_direction, cursor },
      action: "list models",
      options,
    }));

  /**
   * Searches public models for a text. The API has a newer search too: `client.search`.
   *
   * @throws {TypeError} If the text is not a string; nothing is sent then.
   * @throws {ApiError} 401 if the token is not valid.
   */
  readonly search: (text: string, options?: RequestOptions) => Pages<Model> = (text, options) =>
    new Pages(this.send, () => ({
      method: "QUERY",
      path: "/models",
      action: "search models",
      headers: { "content-type": "text/plain" },
      body: searchText(text),
      options,
    }));

  /**
   * Creates a model without a version. An account can have 1,000 models: publish a change as a new
   * version rather than as a new model.
   *
   * @throws {ApiError} 422 if the name is taken, or the server does not know a value.
   */
  create(options: CreateModelOptions): Promise<Model>;
  /** Creates a model, with its owner and name as the official client takes them. */
  create(
    owner: string,
    name: string,
    options: Omit<CreateModelOptions, "owner" | "name">,
  ): Promise<Model>;
  async create(
    first: CreateModelOptions | string,
    second?: string,
    third?: Omit<CreateModelOptions, "owner" | "name">,
  ): Promise<Model> {
    const given = typeof first === "string" ? { ...third, owner: first, name: second } : first;
    const { owner, name, visibility, hardware, description, ...rest } = given as CreateModelOptions;
    const { github_url, paper_url, license_url, cover_image_url, ...request } = rest;
    const urls = { github_url, paper_url, license_url, cover_image_url };
    return await this.send({
      method: "POST",
      path: "/models",
      action: `create model ${owner}/${name}`,
      expect: "object",
      json: { owner, name, visibility, hardware, description, ...urls },
      options: request,
    });
  }

  /**
   * Returns a model, with its latest version and the schema of its input.
   *
   * @throws {ApiError} 404 if there is no such model, or you may not see it.
   */
  get(owner: string, name: string, options?: RequestOptions): Promise<Model>;
  /** The same, by `"owner/name"`. */
  get(name: string, options?: RequestOptions): Promise<Model>;
  async get(...args: NameArgs<RequestOptions>): Promise<Model> {
    const [owner, name, options] = namesOf(args);
    return await this.send({
      method: "GET",
      path: path`/models/${owner}/${name}`,
      action: `get model ${owner}/${name}`,
      expect: "object",
      options,
    });
  }

  /**
   * Changes a model of yours.
   *
   * @throws {ApiError} 404 if there is no such model; 422 if there is nothing to change, or a value
   * cannot be used. `invalidFields` names the value.
   */
  update(owner: string, name: string, options: UpdateModelOptions): Promise<Model>;
  /** The same, by `"owner/name"`. */
  update(name: string, options: UpdateModelOptions): Promise<Model>;
  async update(...args: NameArgs<UpdateModelOptions>): Promise<Model> {
    const [owner, name, options] = namesOf(args);
    const { description, readme, github_url, paper_url, weights_url, license_url, ...request } =
      options;
    return await this.send({
      method: "PATCH",
      path: path`/models/${owner}/${name}`,
      action: `update model ${owner}/${name}`,
      expect: "object",
      json: { description, readme, github_url, paper_url, weights_url, license_url },
      options: request,
    });
  }

  /**
   * Deletes a private model of yours that has no versions left, and returns `true`.
   *
   * @throws {ApiError} 404 if there is no such model; another status if it is public or has versions.
   */
  delete(owner: string, name: string, options?: RequestOptions): Promise<boolean>;
  /** The same, by `"owner/name"`. */
  delete(name: string, options?: RequestOptions): Promise<boolean>;
  async delete(...args: NameArgs<RequestOptions>): Promise<boolean> {
    const [owner, name, options] = namesOf(args);
    await this.send({
      method: "DELETE",
      path: path`/models/${owner}/${name}`,
      action: `delete model ${owner}/${name}`,
      options,
    });
    return true;
  }
}

function searchText(text: string): string {
  if (typeof text === "string") return text;
  throw new TypeError(`Cannot search models: give the text, not ${typeof text}`);
}
