import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";
import { createJob, type JobOptions } from "./create_job.ts";
import type { JobFields, JobState } from "./predictions.ts";

/** What came of a training. */
export interface TrainingOutput {
  /** The new version, as `owner/name:version`. */
  version?: string;
  /** The URL of its weights. */
  weights?: string | null;
}

/** Where a training can be found. */
export interface TrainingUrls {
  /** The training itself. */
  get: string;
  /** Where to cancel it. */
  cancel: string;
  /** The page on replicate.com. */
  web?: string;
}

/** A run of a model's training. Its `model` and `version` are those of the trainer. */
export type Training = JobFields & JobState<TrainingOutput> & { urls: TrainingUrls };

/** What `trainings.create` takes. */
export interface CreateTrainingOptions extends JobOptions {
  /** `owner/name` of a model of yours that is there already: it gets the new version. */
  destination: string;
}

/**
 * Trainings, which make new versions of models.
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
   * The trainings of the account, those of the website included, newest first.
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
   * Starts a training with a version of a model, and returns it as it is then. It is never created
   * twice.
   *
   * @throws {ApiError} 404 if the version or the destination is not there, 422 for an input that does
   * not fit.
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
   * A training as it is now.
   *
   * @throws {ApiError} 404 if there is none with this id.
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
   * Cancels a training, and returns it. One that has ended is returned as it is.
   *
   * @throws {ApiError} 404 if there is none with this id.
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
