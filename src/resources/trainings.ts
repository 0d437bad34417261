/** Starts, reads, lists and cancels trainings: `client.trainings`. */

import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";
import { createJob, type JobOptions } from "./create_job.ts";
import type { JobFields, JobState } from "./predictions.ts";

/** The output of a training. */
export interface TrainingOutput {
  /** The new version, as `owner/name:version`. */
  version?: string;
  /** The URL of the weights. */
  weights?: string | null;
}

/** The URLs of a training. */
export interface TrainingUrls {
  /** The URL to read the training at. */
  get: string;
  /** The URL to cancel the training at. */
  cancel: string;
  /** The page of the training on replicate.com. */
  web?: string;
}

/** One run of a trainer. Its `model` and `version` are those of the trainer. */
export type Training = JobFields & JobState<TrainingOutput> & { urls: TrainingUrls };

/** Options of `trainings.create`. */
export interface CreateTrainingOptions extends JobOptions {
  /** The existing model of yours that gets the new version, as `owner/name`. */
  destination: string;
}

/**
 * Trainings: runs of trainers, which make new versions of models.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/trainer": { train: () => ({}) }, "acme/mine": {} },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const { latest_version } = await client.models.get("acme", "trainer");
 * const training = await client.trainings.create("acme", "trainer", latest_version!.id, {
 *   destination: "acme/mine",
 *   input: { images: "https://example.com/images.zip" },
 * });
 * assertEquals((await client.trainings.get(training.id)).model, "acme/trainer");
 * ```
 */
export class TrainingsApi extends Resource {
  /**
   * Lists the trainings of the account, those made on the website included, newest first.
   *
   * @throws {ApiError} 401 if the token is not valid.
   */
  readonly list: (options?: ListOptions) => Pages<Training> = ({ cursor, ...options } = {}) =>
    new Pages(this.send, () => ({
      method: "GET",
      path: "/trainings",
      query: { cursor },
      action: "list trainings",
      options,
    }));

  /**
   * Starts a training with a version of a trainer, and returns it in its first state, usually
   * `starting`. The training is never created twice.
   *
   * @throws {TypeError | RangeError} If an option cannot be used; nothing is sent then.
   * @throws {ApiError} 404 if the version or the destination does not exist, 422 if the input does
   * not fit the trainer.
   */
  async create(
    owner: string,
    name: string,
    version: string,
    options: CreateTrainingOptions,
  ): Promise<Training> {
    const { destination, ...rest } = options;
    return await createJob(this.send, {
      path: path`/models/${owner}/${name}/versions/${version}/trainings`,
      of: `${owner}/${name}`,
      noun: "training",
      bucket: "read",
      body: { destination },
    }, rest);
  }

  /**
   * Returns a training in its present state.
   *
   * @throws {ApiError} 404 if there is no training with this id.
   */
  async get(id: string, options?: RequestOptions): Promise<Training> {
    return await this.send({
      method: "GET",
      path: path`/trainings/${id}`,
      action: `get training ${id}`,
      options,
    });
  }

  /**
   * Cancels a training, and returns it. A training that has ended does not change.
   *
   * @throws {ApiError} 404 if there is no training with this id.
   */
  async cancel(id: string, options?: RequestOptions): Promise<Training> {
    return await this.send({
      method: "POST",
      path: path`/trainings/${id}/cancel`,
      action: `cancel training ${id}`,
      repeatable: true,
      options,
    });
  }
}
