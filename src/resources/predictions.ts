import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";
import { createJob, type CreateOptions, type WebhookEvent } from "./create_job.ts";

/** What the states of a job have in common. */
export interface JobFields<I = Record<string, unknown>> {
  /** Its id. */
  id: string;
  /** `owner/name` of what runs. It may differ from what was asked for. */
  model: string;
  /** The version's id; `"hidden"` for official models. */
  version: string;
  /** What it was given; empty once the data was removed. */
  input: I;
  /** All that was logged so far. */
  logs?: string | null;
  /** What it used. */
  metrics?: Metrics;
  /** Whether it was made by this API or on the website. */
  source?: "api" | "web";
  /** RFC 3339, in UTC. */
  created_at: string;
  /** When it began to compute. */
  started_at?: string | null;
  /** When it had ended, and its files were there. */
  completed_at?: string | null;
  /** What is told of it. */
  webhook?: string | null;
  /** Of what that is told. */
  webhook_events_filter?: WebhookEvent[] | null;
}

/** What a job used. Some kinds of models add more. */
export interface Metrics {
  /** Seconds of computing. */
  predict_time?: number;
  /** Seconds from creation to completion. */
  total_time?: number;
  /** What else the model counts, such as tokens. */
  [name: string]: unknown;
}

/** Where a prediction can be found. */
export interface PredictionUrls {
  /** The prediction itself. */
  get: string;
  /** Where to cancel it. */
  cancel: string;
  /** The page on replicate.com. */
  web?: string;
  /** The event stream, where there is one. It is a secret: who has it can read the output. */
  stream?: string;
}

/**
 * What a job is at, told apart by `status`. Types name the statuses that are known; one that is not
 * passes through, and is not the end.
 */
export type JobState<O = unknown> =
  | {
    status: "starting" | "processing";
    /** Absent or `null` until there is some; a list grows. */
    output?: O | null;
    error?: null;
  }
  | {
    status: "succeeded";
    /** `null` once the data was removed, an hour after the end. */
    output: O;
    error?: null;
  }
  | {
    status: "failed" | "canceled" | "aborted";
    output?: O | null;
    /** Why, usually as text. */
    error?: unknown;
  };

/** A run of a model. */
export type Prediction<O = unknown, I = Record<string, unknown>> = JobFields<I> & JobState<O> & {
  urls: PredictionUrls;
  /** Whether input and output were deleted. */
  data_removed?: boolean;
  /** `owner/name` of the deployment, if it ran on one. */
  deployment?: string;
  /** When it will be stopped, if `Cancel-After` was given. */
  deadline?: string;
};

/** What `predictions.list` takes. */
export interface ListPredictionsOptions extends ListOptions {
  /** Only those created at this moment or later. */
  created_after?: string | Date | undefined;
  /** Only those created before this moment. */
  created_before?: string | Date | undefined;
  /** Only those made on the website, of the last 14 days. */
  source?: "web" | undefined;
}

/** What `predictions.create` takes: what to run, and the rest. */
export type CreatePredictionOptions =
  & CreateOptions
  & (
    | {
      /** A version's id, `owner/name:version`, or `owner/name` of an official model. */
      version: string;
      model?: undefined;
    }
    | {
      /** `owner/name` of an official model. */
      model: string;
      version?: undefined;
    }
  );

/** Runs of models. */
export class PredictionsApi extends Resource {
  /**
   * The predictions of the last time, those of the website included, newest first.
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
   * Starts a prediction, and returns it as it is then: usually `starting`. With `wait` the server holds
   * its answer for so many seconds, or until the output is there.
   *
   * It is never created twice: what the server may have accepted is not sent again.
   *
   * @throws {ApiError} 404 or 422 for a version that is not there, 422 for an input that does not fit.
   */
  async create(options: CreatePredictionOptions): Promise<Prediction> {
    const { version, model, ...rest } = options;
    const run = version ?? model;
    if (typeof run !== "string" || run === "") {
      throw new TypeError("Cannot create a prediction: give a `version`, or an official `model`");
    }
    return await createJob(this.send, {
      path: "/predictions",
      of: nameOf(run),
      body: { version: run },
    }, rest);
  }

  /**
   * A prediction as it is now.
   *
   * @throws {ApiError} 404 if there is none with this id.
   */
  async get(id: string, options?: RequestOptions): Promise<Prediction> {
    return await this.send({
      method: "GET",
      path: path`/predictions/${id}`,
      action: `get prediction ${id}`,
      options,
    });
  }

  /** Cancels a prediction, and returns it. One that has ended is returned as it is. */
  async cancel(id: string, options?: RequestOptions): Promise<Prediction> {
    return await this.send({
      method: "POST",
      path: path`/predictions/${id}/cancel`,
      action: `cancel prediction ${id}`,
      repeatable: true,
      options,
    });
  }
}

/** What a message calls a version: the model's name where it is known. */
function nameOf(version: string): string {
  return version.includes("/")
    ? version.split(":")[0] ?? version
    : `version ${version.slice(0, 12)}`;
}
