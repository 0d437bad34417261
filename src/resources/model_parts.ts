/** What hangs on a model, apart from its versions. */

import { type ListOptions, Pages } from "../pages.ts";
import { path } from "../path.ts";
import type { RequestOptions } from "../request.ts";
import { Resource } from "../resource.ts";
import { createJob, type CreateOptions } from "./create_job.ts";
import type { Prediction } from "./predictions.ts";

/**
 * Saved predictions that show what a model does.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/echo": { examples: [{ input: { text: "hi" }, output: "hi" }] } },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const { results } = await client.models.examples.list("acme", "echo");
 * assertEquals(results.map(({ output }) => output), ["hi"]);
 * ```
 */
export class ModelExamplesApi extends Resource {
  /**
   * The examples that a model's owner has saved.
   *
   * @throws {ApiError} 404 if there is no such model.
   */
  readonly list: (owner: string, name: string, options?: ListOptions) => Pages<Prediction> = (
    owner,
    name,
    { cursor, ...options } = {},
  ) =>
    new Pages(this.send, () => ({
      method: "GET",
      path: path`/models/${owner}/${name}/examples`,
      query: { cursor },
      action: `list examples of ${owner}/${name}`,
      options,
    }));
}

/**
 * Runs of an official model. They are read, listed and canceled as all predictions are.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/echo": { official: true, run: ({ text }) => text } },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const { output } = await client.models.predictions.create("acme", "echo", {
 *   input: { text: "hello" },
 *   wait: true,
 * });
 * assertEquals(output, "hello");
 * ```
 */
export class ModelPredictionsApi extends Resource {
  /**
   * Starts a prediction with an official model, and returns it as it is then. It is never created
   * twice. `predictions.create` takes models of all kinds.
   *
   * @throws {ApiError} 404 if there is no such model or it is not official, 422 for an input that does
   * not fit.
   */
  async create(owner: string, name: string, options: CreateOptions): Promise<Prediction> {
    return await createJob(this.send, {
      path: path`/models/${owner}/${name}/predictions`,
      of: `${owner}/${name}`,
    }, options);
  }
}

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
   * The readme of a model, as Markdown.
   *
   * @throws {ApiError} 404 if there is no such model, or it has no readme.
   */
  async get(owner: string, name: string, options?: RequestOptions): Promise<string> {
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
