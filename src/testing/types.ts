/** The types of the fake that tests see: models, jobs, requests and options. */

import type { Clock } from "./clock.ts";
import type { Fault } from "./faults.ts";
import type { JsonSchema, Schemas } from "./schema.ts";

/** The status of a prediction or training. */
export type FakeStatus =
  | "starting"
  | "processing"
  | "succeeded"
  | "failed"
  | "canceled"
  | "aborted";

/** An event of the stream of a prediction. */
export interface StreamEvent {
  /** The id, as `<seconds>:<n>`. */
  readonly id: string;
  /** The kind of event: `output`, `logs`, `error` or `done`. */
  readonly event: string;
  /** The data: text, or JSON. */
  readonly data: string;
}

/** The current state of a prediction or training inside the fake. */
export interface FakeRun {
  /** The id of the run. */
  readonly id: string;
  /** The kind of run. */
  readonly kind: "prediction" | "training";
  /** The model, as `owner/name`. */
  readonly model: string;
  /** The version, as the API shows it: 64 hex digits, or `hidden`. */
  readonly version: string;
  /** The deployment that runs it, as `owner/name`, if there is one. */
  readonly deployment: string | undefined;
  /** The input as it was sent. */
  readonly input: FakeInput;
  /** The status that the API shows. */
  readonly status: FakeStatus;
  /** True when the run has ended. */
  readonly terminal: boolean;
  /** The logs so far. */
  readonly logs: string;
  /** The error of a failed run: a message, or the value that the model threw. Null before. */
  readonly error: unknown;
  /** The time at which it started, in milliseconds since 1970 on the fake's clock. */
  readonly started: number | undefined;
  /** The time at which it ended, in milliseconds since 1970 on the fake's clock. */
  readonly completed: number | undefined;
  /** The events of the stream so far. */
  readonly events: readonly StreamEvent[];
  /**
   * Resolves when the condition holds, which is checked at each change. Rejects with the reason of
   * the signal when it aborts.
   */
  until(condition: () => boolean, signal?: AbortSignal): Promise<void>;
}

/** The input of a prediction or training. */
export type FakeInput = Record<string, unknown>;

/** The object that a model gets beside its input, to log, to wait and to fail. */
export interface FakeJob {
  /** The id of the prediction or training. */
  readonly id: string;
  /** Aborts when the job is canceled, runs past its deadline, or the fake is disposed. */
  readonly signal: AbortSignal;
  /** Adds text to the logs. It adds no line break. */
  log(text: string): void;
  /** Writes a progress bar to the logs, in the format of `tqdm`. */
  progress(done: number, total: number): void;
  /** Sets one of the `metrics` of the job. */
  metric(name: string, value: unknown): void;
  /** Waits for `ms` milliseconds on the fake's clock. Rejects when the job is stopped. */
  sleep(ms: number): Promise<void>;
  /** Fails the job with this message. */
  fail(message: string): never;
  /** Reads an uploaded file, an output file or a `data:` URL. Throws if there is no such file. */
  file(url: string): Blob;
}

/** A model of the fake. */
export interface FakeModel {
  /**
   * Makes the output: a JSON value, in which each `Blob`, `File` and byte array is served as a
   * file, or an async iterable, whose items appear one by one in the output and the stream. An
   * error that it throws fails the job with its message; any other thrown value is the `error` itself.
   */
  run?(input: FakeInput, job: FakeJob): unknown;
  /**
   * Makes the output of a training, such as `{ weights }`, to which the fake adds the new version.
   * Default: the training succeeds at once.
   */
  train?(input: FakeInput, job: FakeJob): unknown;
  /**
   * The schema of the input, or named schemas (`{ Input, Output, ... }`) as Cog writes them.
   * An input that does not fit is answered with 422. Default: every input fits.
   */
  schema?: JsonSchema | Schemas;
  /** `true` makes an official model, which runs by name and hides its versions. Default false. */
  official?: boolean;
  /** `false` leaves `urls.stream` out of its predictions. Default true. */
  stream?: boolean;
  /** `true` sends the logs as events of the stream too. Default false, as Replicate does today. */
  streamLogs?: boolean;
  /** The number of versions, or their ids, newest first. Default 1. */
  versions?: number | readonly string[];
  /** The time that a job stays `starting`, in milliseconds. Default 0. */
  boot?: number;
  /**
   * The time that a job stays `processing` after its output is complete, in milliseconds. A create
   * with `Prefer: wait` is answered before that time, with the complete output. Default 0.
   */
  linger?: number;
  /** `true` inlines output files as `data:` URLs. Default false. */
  inline?: boolean;
  /** The visibility of the model. Default `public`. */
  visibility?: "public" | "private";
  /** A description in one sentence. */
  description?: string;
  /** The readme in Markdown. Without one, the readme is answered with 404. */
  readme?: string;
  /** The saved examples. The first one is the default example. */
  examples?: readonly { readonly input: FakeInput; readonly output: unknown }[];
}

/** A deployment that exists from the start. */
export interface FakeDeployment {
  /** The model that it runs, as `owner/name`. */
  model: string;
  /** The id of the version that it runs. Default: the latest version. */
  version?: string;
  /** The SKU of the hardware. Default `cpu`. */
  hardware?: string;
  /** The minimum number of instances. Default 0. */
  min_instances?: number;
  /** The maximum number of instances. Default 1. */
  max_instances?: number;
}

/** A collection of models. */
export interface FakeCollection {
  /** The title. Default: the slug. */
  name?: string;
  /** A description in one sentence. */
  description?: string;
  /** The full description in Markdown. */
  full_description?: string;
  /** The models, as `owner/name`. */
  models: readonly string[];
}

/** A rate limit with the rules of a token bucket. */
export interface Budget {
  /** The number of requests per minute, in the long run. */
  perMinute: number;
  /** The number of requests that may come at once. Default: `perMinute`. */
  burst?: number;
}

/** The rate limits of the fake. */
export interface RateLimit {
  /** The limit for creating predictions. Default: none. */
  create?: Budget;
  /** The limit for all other requests. Default: none. */
  read?: Budget;
  /** `true` adds a `Retry-After` header to a 429, whose body has `retry_after`. Default false. */
  retryAfterHeader?: boolean;
}

/** Options of the delivery of webhooks. */
export interface WebhookOptions {
  /** Sends a signed request. Default: `globalThis.fetch`. */
  deliver?: (request: Request) => Promise<Response>;
  /** The number of times that each webhook is sent. Default 1. */
  copies?: number;
  /** `true` holds the events of a run until its end, and sends the newest first. Default false. */
  reorder?: boolean;
  /**
   * The waits between the attempts to deliver a `completed` event, in milliseconds. Other events
   * are sent once. Default: 1, 2, 4, 8, 16 and 32 seconds.
   */
  retries?: readonly number[];
}

/** A request and its answer, for a {@link FakeOptions.strict} validator. */
export interface Exchange {
  /** The `operationId` of the API. */
  readonly operation: string;
  /** The request. */
  readonly request: RecordedRequest;
  /** The answer of the fake. A JSON body is parsed. */
  readonly answer: {
    readonly status: number;
    readonly contentType: string;
    readonly body: unknown;
  };
}

/** A request that the fake has received. */
export interface RecordedRequest {
  /** The method, in capitals. */
  readonly method: string;
  /** The path below `/v1`, such as `/predictions`, or `/streams/..` and `/delivery/..`. */
  readonly path: string;
  /** The whole URL. */
  readonly url: string;
  /** The parameters of the query. If a name is there twice, the last one counts. */
  readonly query: Readonly<Record<string, string>>;
  /** The headers, with names in lower case. The value of `authorization` is `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON, the text, or the parts of a form, with `{ name, type, size }` for a file. */
  readonly body: unknown;
  /** The time of the request, in milliseconds since 1970 on the fake's clock. */
  readonly at: number;
  /** The `operationId` of the API, or `streams.get` or `outputs.get`. */
  readonly operation?: string;
  /** The status of the answer, once there is one. */
  readonly status?: number;
}

/** Options of `FakeReplicate`. */
export interface FakeOptions {
  /** The models, by `owner/name`. */
  models: Readonly<Record<string, FakeModel>>;
  /** The deployments, by `owner/name`. */
  deployments?: Readonly<Record<string, FakeDeployment>>;
  /** The collections, by slug. Default: `official`, with the official models. */
  collections?: Readonly<Record<string, FakeCollection>>;
  /** The faults from the start. `fault()` adds more. Default: none. */
  faults?: readonly Fault[];
  /** The clock of the fake. Default: `systemClock`. */
  clock?: Clock;
  /** The only token that is accepted. Default: every token is. */
  token?: string;
  /** The account that the token belongs to. Default `acme`. */
  owner?: string;
  /** The origin of relative URLs given to `fetch`. Default `https://api.replicate.com`. */
  origin?: string;
  /** The time that a request and its answer travel in all, in milliseconds. Default 0. */
  latency?: number | ((request: RecordedRequest) => number);
  /** The rate limits. Default: none, and no `ratelimit-*` headers. */
  rateLimit?: RateLimit | false;
  /** The number of results on a page. Default: 100, and 25 for models. */
  pageSize?: number;
  /** The silence after which a stream is cut, in milliseconds. Default 30000; `false`: never. */
  streamIdle?: number | false;
  /** The time after which the data of a finished prediction is removed, in ms. Default: an hour. */
  retention?: number;
  /** The size limit of an upload, in bytes. Default 100 MiB. */
  maxFileSize?: number;
  /** Options of the delivery of webhooks. */
  webhooks?: WebhookOptions;
  /** The secret that signs webhooks. Default: a fixed one, see `FakeReplicate.webhookSecret`. */
  webhookSecret?: string;
  /** Checks each exchange. `assertDone()` throws the problems that it returns. */
  strict?: { readonly validate: (exchange: Exchange) => readonly string[] };
}
