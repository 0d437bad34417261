/** Predictions of an official model, by its name. */

import { path } from "../base/path.ts";
import { createJob, type CreateOptions } from "./create_job.ts";
import type { Prediction } from "./predictions.ts";
import { Resource } from "./resource.ts";

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
