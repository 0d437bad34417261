/** Starts predictions on deployments: `client.deployments.predictions`. */

import { path } from "../base/path.ts";
import { createJob, type CreateOptions } from "./create_job.ts";
import type { Prediction } from "./predictions.ts";
import { type NameArgs, namesOf } from "./names.ts";
import { Resource } from "./resource.ts";

/** Starts predictions on deployments. `client.predictions` reads, lists and cancels them. */
export class DeploymentPredictionsApi extends Resource {
  /**
   * Starts a prediction on a deployment, and returns it in its first state, usually `starting`. With
   * `wait` the server holds its answer until the output is there. The prediction is never created
   * twice.
   *
   * @throws {TypeError | RangeError} If an option cannot be used; nothing is sent then.
   * @throws {ApiError} 404 if there is no such deployment, 422 if the input does not fit the model.
   *
   * @example
   * ```ts
   * import { Client } from "@x/replicate";
   * import { FakeReplicate } from "@x/replicate/testing";
   * import { assertEquals } from "@std/assert";
   *
   * await using fake = new FakeReplicate({
   *   models: { "acme/echo": { run: ({ text }) => text } },
   *   deployments: { "acme/fast-echo": { model: "acme/echo" } },
   * });
   * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
   * const { output } = await client.deployments.predictions.create("acme", "fast-echo", {
   *   input: { text: "hello" },
   *   wait: true,
   * });
   * assertEquals(output, "hello");
   * ```
   */
  create(owner: string, name: string, options: CreateOptions): Promise<Prediction>;
  /** The same, by `"owner/name"`. */
  create(name: string, options: CreateOptions): Promise<Prediction>;
  async create(...args: NameArgs<CreateOptions>): Promise<Prediction> {
    const [owner, name, options] = namesOf(args);
    return await createJob(this.send, {
      path: path`/deployments/${owner}/${name}/predictions`,
      of: `deployment ${owner}/${name}`,
    }, options);
  }
}
