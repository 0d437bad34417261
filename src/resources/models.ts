import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";
import { ModelExamplesApi } from "./model_examples.ts";
import { ModelPredictionsApi } from "./model_predictions.ts";
import { ModelReadmeApi } from "./model_readme.ts";
import { type ModelVersion, ModelVersionsApi } from "./model_versions.ts";
import type { Prediction } from "./predictions.ts";

/** A model. */
export interface Model {
  /** Its page on replicate.com. */
  url: string;
  /** The `username` of the account it is of. */
  owner: string;
  /** Its name: no other model of the owner has it. */
  name: string;
  /** One sentence on it. */
  description?: string | null;
  /** Who may see and run it. */
  visibility: "public" | "private";
  /** Whether Replicate keeps it: always on, run by its name alone, without public versions. */
  is_official?: boolean;
  /** Where its source is. */
  github_url?: string | null;
  /** Where its paper is. */
  paper_url?: string | null;
  /** Where its license is. */
  license_url?: string | null;
  /** Its picture. */
  cover_image_url?: string | null;
  /** How often it was run. */
  run_count: number;
  /** A prediction that shows what it does. */
  default_example?: Prediction | null;
  /** `null` until there is one. */
  latest_version?: ModelVersion | null;
  /** RFC 3339, in UTC. What a search finds has it. */
  created_at?: string;
}

/** What `models.list` takes. */
export interface ListModelsOptions extends ListOptions {
  /** Default `latest_version_created_at`. */
  sort_by?: "model_created_at" | "latest_version_created_at" | undefined;
  /** Default `desc`. */
  sort_direction?: "asc" | "desc" | undefined;
}

/** What `models.create` takes. */
export interface CreateModelOptions extends RequestOptions {
  /** The `username` of the token's account. */
  owner: string;
  /** One that no other model of the owner has. */
  name: string;
  /** Who may see and run it. */
  visibility: "public" | "private";
  /** The `sku` of a kind of {@linkcode Hardware}. */
  hardware: string;
  /** One sentence on it. */
  description?: string | undefined;
  /** Where its source is. */
  github_url?: string | undefined;
  /** Where its paper is. */
  paper_url?: string | undefined;
  /** Where its license is. */
  license_url?: string | undefined;
  /** Its picture. */
  cover_image_url?: string | undefined;
}

/** What `models.update` takes. What is left out stays as it is. */
export interface UpdateModelOptions extends RequestOptions {
  /** One sentence on it. */
  description?: string | undefined;
  /** As Markdown. The answer does not have it: see `models.readme.get`. */
  readme?: string | undefined;
  /** Where its source is. */
  github_url?: string | undefined;
  /** Where its paper is. */
  paper_url?: string | undefined;
  /** The answer does not have it. */
  weights_url?: string | undefined;
  /** Where its license is. */
  license_url?: string | undefined;
}

/**
 * Models.
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
  /** Saved predictions of a model. */
  readonly examples: ModelExamplesApi = new ModelExamplesApi(this.send);
  /** Runs of an official model. */
  readonly predictions: ModelPredictionsApi = new ModelPredictionsApi(this.send);
  /** A model's readme. */
  readonly readme: ModelReadmeApi = new ModelReadmeApi(this.send);
  /** Versions of a model. */
  readonly versions: ModelVersionsApi = new ModelVersionsApi(this.send);

  /**
   * Public models that have a version and an example: very many. To look for one, `search` is better.
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
   * Public models that fit a text. The API has a newer one too: `client.search`.
   *
   * @throws {TypeError} If it is not text; nothing was sent then.
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
   * Creates a model without a version. There may be 1,000 an account: a change is a new version, and no
   * new model.
   *
   * @throws {ApiError} 422 for a name that is taken, or a value that is not known.
   */
  async create(options: CreateModelOptions): Promise<Model> {
    const { owner, name, visibility, hardware, description, ...rest } = options;
    const { github_url, paper_url, license_url, cover_image_url, ...request } = rest;
    const urls = { github_url, paper_url, license_url, cover_image_url };
    return await this.send({
      method: "POST",
      path: "/models",
      action: `create model ${owner}/${name}`,
      json: { owner, name, visibility, hardware, description, ...urls },
      options: request,
    });
  }

  /**
   * A model, with its latest version and the schema of its input.
   *
   * @throws {ApiError} 404 if there is no such model, or it is not yours to see.
   */
  async get(owner: string, name: string, options?: RequestOptions): Promise<Model> {
    return await this.send({
      method: "GET",
      path: path`/models/${owner}/${name}`,
      action: `get model ${owner}/${name}`,
      options,
    });
  }

  /**
   * Changes a model of yours.
   *
   * @throws {ApiError} 404 if there is no such model; 422 if there is nothing to change, or a value
   * cannot be used: its `invalidFields` say which.
   */
  async update(owner: string, name: string, options: UpdateModelOptions): Promise<Model> {
    const { description, readme, github_url, paper_url, weights_url, license_url, ...request } =
      options;
    return await this.send({
      method: "PATCH",
      path: path`/models/${owner}/${name}`,
      action: `update model ${owner}/${name}`,
      json: { description, readme, github_url, paper_url, weights_url, license_url },
      options: request,
    });
  }

  /**
   * Deletes a private model of yours that has no versions left, and gives `true`.
   *
   * @throws {ApiError} 404 if there is no such model; another status if it is public or has versions.
   */
  async delete(owner: string, name: string, options?: RequestOptions): Promise<boolean> {
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
  throw new TypeError(`Cannot search models: give the text to search for, not ${typeof text}`);
}
