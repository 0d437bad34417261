/** Starts, reads, lists and cancels trainings: `client.trainings`. */

import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import { ReplicateError } from "../errors.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { cancelJob, getJob } from "./jobs.ts";
import { type VersionArgs, versionOf } from "./names.ts";
import { withoutSecrets } from "./secrets.ts";
import { Resource } from "./resource.ts";
import { checkedInput, type CheckOptions } from "./checked_input.ts";
import { createJob, type JobOptions } from "./create_job.ts";
import { parseRef, type TypedTrainer } from "../base/ref.ts";
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
export type Training<O = TrainingOutput> = JobFields & JobState<O> & { urls: TrainingUrls };

/** The input of a typed trainer. */
export type TrainerInput<T> = T extends TypedTrainer<infer I, unknown> ? I : object;

/** The output of a typed trainer. */
export type TrainerOutput<T> = T extends TypedTrainer<object, infer O> ? O : TrainingOutput;

/** Options of `trainings.create`. */
export interface CreateTrainingOptions extends JobOptions {
  /** The existing model of yours that gets the new version, as `owner/name`. */
  destination: string;
}

/** Options of `trainings.create` for a typed trainer. */
export interface CreateTypedTrainingOptions<T extends TypedTrainer>
  extends Omit<CreateTrainingOptions, "input">, CheckOptions {
  /** The trainer's input. Files may be anywhere inside. */
  input: TrainerInput<T>;
}

/** The trainer, where it is one of the options of `trainings.create`. */
export interface Trainer {
  /** The trainer as `"owner/name"`, unless that is part of `version`. */
  model?: string | undefined;
  /** The id of its version, or all of it as `"owner/name:version"`. */
  version: string;
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
  create(
    owner: string,
    name: string,
    version: string,
    options: CreateTrainingOptions,
  ): Promise<Training>;
  /** The same, by `"owner/name"` and the version. */
  create(
    model: `${string}/${string}`,
    version: string,
    options: CreateTrainingOptions,
  ): Promise<Training>;
  /** The same, by `"owner/name:version"`. */
  create(trainer: string, options: CreateTrainingOptions): Promise<Training>;
  /** The same, with the trainer as one of the options. */
  create(options: CreateTrainingOptions & Trainer): Promise<Training>;
  /**
   * Starts a training with a typed trainer, as `deno task types` writes it. Its input is checked before
   * anything is uploaded or sent. A trainer without a version is run as its latest one.
   *
   * @throws {InputError} If the input does not fit the trainer's schema.
   */
  create<T extends TypedTrainer>(
    trainer: T,
    options: CreateTypedTrainingOptions<T>,
  ): Promise<Training<TrainerOutput<T>>>;
  async create(
    ...args:
      | VersionArgs<CreateTrainingOptions>
      | [CreateTrainingOptions & Trainer]
      | [TypedTrainer, CreateTypedTrainingOptions<TypedTrainer>]
  ): Promise<Training> {
    const [first] = args;
    if (typeof first !== "object" || first === null) {
      return await this.#create(...versionOf(args as VersionArgs<CreateTrainingOptions>));
    }
    if ("trainer" in first) {
      return await this.#createTyped(first, args[1] as CreateTypedTrainingOptions<TypedTrainer>);
    }
    const { model, version, ...options } = first;
    const rest = [version, options] as const;
    return await this.#create(...versionOf(model === undefined ? [...rest] : [model, ...rest]));
  }

  async #createTyped(
    { trainer, check }: TypedTrainer,
    { validate, coerce, ...options }: CreateTypedTrainingOptions<TypedTrainer>,
  ): Promise<Training> {
    const action = `create a training for ${trainer}`;
    const input = check
      ? checkedInput(this.send, check, action, options.input, { validate, coerce })
      : options.input;
    const send = withoutSecrets(this.send, check?.redactor(input));
    const ref = parseRef(trainer);
    const [owner = "", name = ""] = ref.label.split("/");
    const version = ref.kind === "version"
      ? ref.version
      : await this.#latest(path`/models/${owner}/${name}`, action, options);
    return await this.#create(owner, name, version, { ...options, input }, send);
  }

  /** The latest version of a trainer that is named without one. */
  async #latest(
    path: string,
    action: string,
    { signal, retry, headers }: RequestOptions,
  ): Promise<string> {
    const options = { signal, retry, headers };
    const model = await this.send<{ latest_version?: { id?: string } | null }>(
      { method: "GET", path, action, expect: "object", options },
    );
    const version = model.latest_version?.id;
    if (version) return version;
    throw new ReplicateError(`Cannot ${action}: the model has no version yet`);
  }

  async #create(
    owner: string,
    name: string,
    version: string,
    options: CreateTrainingOptions,
    send: Send = this.send,
  ): Promise<Training> {
    if (typeof options?.destination !== "string") {
      throw new TypeError(
        "Cannot create a training: give the model that gets the version as destination",
      );
    }
    const { destination, ...rest } = options;
    return await createJob(send, {
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
    return await getJob(this.send, "trainings", id, options);
  }

  /**
   * Cancels a training, and returns it. A training that has ended does not change.
   *
   * @throws {ApiError} 404 if there is no training with this id.
   */
  async cancel(id: string, options?: RequestOptions): Promise<Training> {
    return await cancelJob(this.send, "trainings", id, options);
  }
}
