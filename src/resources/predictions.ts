/** Starts, reads, lists and cancels predictions: `client.predictions`. */

import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { cancelJob, getJob } from "./jobs.ts";
import { namesOf } from "./names.ts";
import { Resource } from "./resource.ts";
import { createJob, type CreateOptions, type WebhookEvent } from "./create_job.ts";

/** The fields that a job has in every state. */
export interface JobFields<I = Record<string, unknown>> {
  /** The id. */
  id: string;
  /** The model that runs, as `owner/name`. It may differ from the model that was asked for. */
  model: string;
  /** The id of the model's version; `"hidden"` for official models. */
  version: string;
  /** The input; empty once the data has been removed. */
  input: I;
  /** The complete log so far. */
  logs?: string | null;
  /** The time and other resources that the job has used. */
  metrics?: Metrics;
  /** The place where the job was created: the API or the website. */
  source?: "api" | "web";
  /** The time of creation, in UTC, as RFC 3339. */
  created_at: string;
  /** The time at which the model began to compute, as RFC 3339. */
  started_at?: string | null;
  /** The time at which the job had ended and its files were uploaded, as RFC 3339. */
  completed_at?: string | null;
  /** The URL that webhooks are sent to. */
  webhook?: string | null;
  /** The events that webhooks are sent for. */
  webhook_events_filter?: WebhookEvent[] | null;
}

/** The resources that a job has used. Some kinds of models add more. */
export interface Metrics {
  /** The time of computing, in seconds. */
  predict_time?: number;
  /** The time from creation to completion, in seconds. */
  total_time?: number;
  /** Anything else that the model counts, such as tokens. */
  [name: string]: unknown;
}

/** The URLs of a prediction. */
export interface PredictionUrls {
  /** The URL to read the prediction at. */
  get: string;
  /** The URL to cancel the prediction at. */
  cancel: string;
  /** The page of the prediction on replicate.com. */
  web?: string;
  /**
   * The URL of the event stream, if there is one. Keep it secret: anyone who has it can read the
   * output.
   */
  stream?: string;
}

/**
 * The state of a job, told apart by `status`. The type names the statuses that are known; any other
 * one passes through, and does not count as the end of the job.
 */
export type JobState<O = unknown> =
  | {
    status: "starting" | "processing";
    /** The output so far: absent or `null` at first; a list grows. */
    output?: O | null;
    error?: null;
  }
  | {
    status: "succeeded";
    /** The output; `null` once the data has been removed, an hour after the end. */
    output: O;
    error?: null;
  }
  | {
    status: "failed" | "canceled" | "aborted";
    output?: O | null;
    /** The reason, usually as text. */
    error?: unknown;
  };

/** One run of a model. */
export type Prediction<O = unknown, I = Record<string, unknown>> = JobFields<I> & JobState<O> & {
  urls: PredictionUrls;
  /** True once input and output have been deleted. */
  data_removed?: boolean;
  /** The deployment that runs it, as `owner/name`; absent without one. */
  deployment?: string;
  /** The time at which the server cancels it, as RFC 3339; absent without `cancelAfter`. */
  deadline?: string;
};

/** Options of `predictions.list`. */
export interface ListPredictionsOptions extends ListOptions {
  /** Lists only predictions created at this time or later: a `Date`, or text in ISO 8601. */
  created_after?: string | Date | undefined;
  /** Lists only predictions created before this time: a `Date`, or text in ISO 8601. */
  created_before?: string | Date | undefined;
  /** `"web"` lists only predictions of the last 14 days that were created on the website. */
  source?: "web" | undefined;
}

/** Options of `predictions.create`: the model to run, its input, and how to run it. */
export type CreatePredictionOptions =
  & CreateOptions
  & (
    | {
      /** The id of a version, `owner/name:version`, or the `owner/name` of an official model. */
      version: string;
      model?: undefined;
    }
    | {
      /** The `owner/name` of an official model. */
      model: string;
      version?: undefined;
    }
  );

/** Predictions: runs of models. */
export class PredictionsApi extends Resource {
  /**
   * Lists the predictions of the account, those made on the website included, newest first.
   *
   * @throws {ApiError} 401 if the token is not valid.
   *
   * @example
   * ```ts
   * import { Client } from "@x/replicate";
   * import { FakeReplicate } from "@x/replicate/testing";
   * import { assertEquals } from "@std/assert";
   *
   * await using fake = new FakeReplicate({ models: {} });
   * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
   * assertEquals((await client.predictions.list()).results, []);
   * ```
   */
  readonly list: (options?: ListPredictionsOptions) => Pages<Prediction> = (
    { created_after, created_before, source, cursor, ...options } = {},
  ) =>
    new Pages(this.send, () => ({
      method: "GET",
      path: "/predictions",
      query: { created_after, created_before, source, cursor },
      action: "list predictions",
      options,
    }));

  /**
   * Starts a prediction, and returns it in its first state, usually `starting`. With `wait` the
   * server holds its answer for that many seconds, or until the output is there.
   *
   * The prediction is never created twice: a request that the server may have accepted is not
   * repeated.
   *
   * @throws {TypeError | RangeError} If an option cannot be used; nothing is sent then.
   * @throws {ApiError} 404 or 422 if there is no such version, 422 if the input does not fit the
   * model.
   */
  async create(options: CreatePredictionOptions): Promise<Prediction> {
    const { version, model, ...rest } = options;
    const [named, second] = [version, model].filter((it) => it !== undefined);
    if (typeof named !== "string" || named === "" || second !== undefined) {
      throw new TypeError(
        "Cannot create a prediction: give version or model, and not more than one of them",
      );
    }
    if (model !== undefined) {
      const [owner, name] = namesOf([model]);
      const to = path`/models/${owner}/${name}/predictions`;
      return await createJob(this.send, { path: to, of: model }, rest);
    }
    const target = { path: "/predictions", of: nameOf(named), body: { version } };
    return await createJob(this.send, target, rest);
  }

  /**
   * Returns a prediction in its present state.
   *
   * @throws {ApiError} 404 if there is no prediction with this id.
   */
  async get(id: string, options?: RequestOptions): Promise<Prediction> {
    return await getJob(this.send, "predictions", id, options);
  }

  /**
   * Cancels a prediction, and returns it. A prediction that has ended does not change.
   *
   * @throws {ApiError} 404 if there is no prediction with this id.
   */
  async cancel(id: string, options?: RequestOptions): Promise<Prediction> {
    return await cancelJob(this.send, "predictions", id, options);
  }
}

/** The name of a version in messages: the model's, where it is known. */
function nameOf(version: string): string {
  return version.includes("/") ? version.replace(/:.*/, "") : `version ${version.slice(0, 12)}`;
}
