/** Starts predictions with official models: `client.models.predictions`. */

import { path } from "../base/path.ts";
import { createJob, type CreateOptions } from "./create_job.ts";
import type { Prediction } from "./predictions.ts";
import { type NameArgs, namesOf } from "./names.ts";
import { Resource } from "./resource.ts";

/**
 * Starts predictions with official models. `client.predictions` reads, lists and cancels them.
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
   * Starts a prediction with an official model, and returns it in its first state, usually
   * `starting`. With `wait` the server holds its answer until the output is there. The prediction
   * is never created twice. For any kind of model, use `predictions.create`.
   *
   * @throws {TypeError | RangeError} If an option cannot be used; nothing is sent then.
   * @throws {ApiError} 404 if there is no such model or it is not official, 422 if the input does not
   * fit the model.
   */
  create(owner: string, name: string, options: CreateOptions): Promise<Prediction>;
  /** The same, by `"owner/name"`. */
  create(name: string, options: CreateOptions): Promise<Prediction>;
  async create(...args: NameArgs<CreateOptions>): Promise<Prediction> {
    const [owner, name, options] = namesOf(args);
    return await createJob(this.send, {
      path: path`/models/${owner}/${name}/predictions`,
      of: `${owner}/${name}`,
    }, options);
  }
}
