import type { Clock } from "./clock.ts";
import type { Fault } from "./faults.ts";
import type { JsonSchema, Schemas } from "./schema.ts";

/** A state of a prediction or training. */
export type FakeStatus =
  | "starting"
  | "processing"
  | "succeeded"
  | "failed"
  | "canceled"
  | "aborted";

/** An event of a stream. */
export interface StreamEvent {
  /** `<seconds>:<n>`. */
  readonly id: string;
  /** `output`, `logs`, `error` or `done`. */
  readonly event: string;
  /** What it says. */
  readonly data: string;
}

/** A prediction or training inside the fake, as it is at the moment. */
export interface FakeRun {
  /** Its id. */
  readonly id: string;
  /** What kind of run it is. */
  readonly kind: "prediction" | "training";
  /** The model, as `owner/name`. */
  readonly model: string;
  /** The version, as the API shows it: 64 hex digits, or `hidden`. */
  readonly version: string;
  /** The deployment it runs on, if any. */
  readonly deployment: string | undefined;
  /** Its input, as it was sent. */
  readonly input: FakeInput;
  /** Its state. */
  readonly status: FakeStatus;
  /** Whether it has ended. */
  readonly terminal: boolean;
  /** Its logs so far. */
  readonly logs: string;
  /** Why it failed: text, or what the model threw. */
  readonly error: unknown;
  /** When it began to work, on the fake's clock. */
  readonly started: number | undefined;
  /** When it ended, on the fake's clock. */
  readonly completed: number | undefined;
  /** The events of its stream so far. */
  readonly events: readonly StreamEvent[];
  /** Resolves when the condition holds, which is tried at every change; rejects on abort. */
  until(condition: () => boolean, signal?: AbortSignal): Promise<void>;
}

/** The input of a prediction, defaults of the schema filled in. */
export type FakeInput = Record<string, unknown>;

/** What a model gets beside its input. */
export interface FakeJob {
  /** The id of the prediction or training. */
  readonly id: string;
  /** Aborts when the job is canceled, runs past its deadline, or the fake is disposed. */
  readonly signal: AbortSignal;
  /** Adds to the logs; a line break is yours to give. */
  log(text: string): void;
  /** Writes a progress bar to the logs, as `tqdm` draws it. */
  progress(done: number, total: number): void;
  /** Sets one of the job's `metrics`. */
  metric(name: string, value: unknown): void;
  /** Waits on the fake's clock; rejects when the job is stopped. */
  sleep(ms: number): Promise<void>;
  /** Ends the job as failed with this error. */
  fail(message: string): never;
  /** The bytes behind a URL of an uploaded file, of an output, or a `data:` URL. */
  file(url: string): Blob;
}

/** A model that runs inside the fake. */
export interface FakeModel {
  /**
   * Makes the output: any JSON value, `Blob`, `File` and bytes at any depth (they are served as
   * files), or an async iterable, whose chunks appear one by one in the output and the stream.
   * What it throws fails the job: the message of an `Error`, anything else as it is.
   */
  run?(input: FakeInput, job: FakeJob): unknown;
  /** Makes a training's `{ weights? }`; the fake adds the version. Default: at once. */
  train?(input: FakeInput, job: FakeJob): unknown;
  /**
   * The schema of the input, or named schemas (`{ Input, Output, ... }`) as Cog writes them.
   * Inputs that break it are answered with 422. Default: anything goes.
   */
  schema?: JsonSchema | Schemas;
  /** Whether it is an official model: no versions in public, runs by name. Default false. */
  official?: boolean;
  /** Whether its predictions have a `urls.stream`. Default true. */
  stream?: boolean;
  /** Whether `logs` go into the stream as events. Default false, as today's servers do. */
  streamLogs?: boolean;
  /** How many versions, or their ids; newest first. Default 1. */
  versions?: number | readonly string[];
  /** Milliseconds a job stays `starting`. Default 0. */
  boot?: number;
  /**
   * Milliseconds a job stays `processing` after its output is complete. A create with `Prefer: wait`
   * is answered as soon as the output is there. Default 0.
   */
  linger?: number;
  /** Whether output files are inlined as `data:` URLs. Default false. */
  inline?: boolean;
  /** Who may see it. Default `public`. */
  visibility?: "public" | "private";
  /** One sentence on it. */
  description?: string;
  /** Its readme, in Markdown. Without one the readme is a 404. */
  readme?: string;
  /** Saved examples, the first of which is the default one. */
  examples?: readonly { readonly input: FakeInput; readonly output: unknown }[];
}

/** A deployment that is there from the start. */
export interface FakeDeployment {
  /** The model it runs, as `owner/name`. */
  model: string;
  /** The version it runs. Default: the latest. */
  version?: string;
  /** Its hardware. Default `cpu`. */
  hardware?: string;
  /** Its smallest number of instances. Default 0. */
  min_instances?: number;
  /** Its greatest number of instances. Default 1. */
  max_instances?: number;
}

/** A collection of models. */
export interface FakeCollection {
  /** Its title. Default: the slug. */
  name?: string;
  /** One sentence on it. */
  description?: string;
  /** More on it, in Markdown. */
  full_description?: string;
  /** Its models, as `owner/name`. */
  models: readonly string[];
}

/** A token bucket. */
export interface Budget {
  /** Requests that are let in per minute, in the long run. */
  perMinute: number;
  /** Requests that are let in at once. Default: `perMinute`. */
  burst?: number;
}

/** How many requests the fake lets in. */
export interface RateLimit {
  /** For the creation of predictions. */
  create?: Budget;
  /** For everything else. */
  read?: Budget;
  /** Whether a 429 has a `Retry-After` header beside the body's `retry_after`. Default false. */
  retryAfterHeader?: boolean;
}

/** How the fake delivers webhooks. */
export interface WebhookOptions {
  /** Sends a signed delivery. Default: `globalThis.fetch`. */
  deliver?: (request: Request) => Promise<Response>;
  /** Sends each delivery that often. Default 1. */
  copies?: number;
  /** Sends the last event first, then the others from the newest to the oldest. */
  reorder?: boolean;
  /** Waits between the attempts of a terminal delivery, in ms. Default 1, 2, 4, .. 32 s. */
  retries?: readonly number[];
}

/** A request and its answer, for a {@link FakeOptions.strict} validator. */
export interface Exchange {
  /** The `operationId`. */
  readonly operation: string;
  /** What was asked. */
  readonly request: RecordedRequest;
  /** What the fake answered; `body` is parsed when it is JSON. */
  readonly answer: {
    readonly status: number;
    readonly contentType: string;
    readonly body: unknown;
  };
}

/** One request that the fake got. */
export interface RecordedRequest {
  /** The method, in capitals. */
  readonly method: string;
  /** The path below `/v1`, such as `/predictions`; `/streams/..` and `/delivery/..` for the rest. */
  readonly path: string;
  /** The whole URL. */
  readonly url: string;
  /** The query; of a name that is there twice, the last. */
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case; `authorization` is only shown as `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, text, or the parts of a form (`{ name, type, size }` for a file). */
  readonly body: unknown;
  /** When it came, on the fake's clock. */
  readonly at: number;
  /** The `operationId` of the API, or `streams.get` and `outputs.get`. */
  readonly operation?: string;
  /** The status of the answer, if there was one. */
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
  /** What goes wrong; more can be added with `fault()`. */
  faults?: readonly Fault[];
  /** Default: the clock of the runtime. */
  clock?: Clock;
  /** The only token that is accepted. Default: any. */
  token?: string;
  /** The account behind the token. Default `acme`. */
  owner?: string;
  /** Where requests through `fetch` are said to go. Default `https://api.replicate.com`. */
  origin?: string;
  /** Milliseconds a request is under way, there and back. Default 0. */
  latency?: number | ((request: RecordedRequest) => number);
  /** Default: no limits, and no `ratelimit-*` headers. */
  rateLimit?: RateLimit | false;
  /** Results per page. Default: 100, and 25 for models. */
  pageSize?: number;
  /** Milliseconds of silence after which a stream is cut. Default 30000; `false` for never. */
  streamIdle?: number | false;
  /** Milliseconds after which the data of a finished prediction is gone. Default an hour. */
  retention?: number;
  /** The greatest upload in bytes. Default 100 MiB. */
  maxFileSize?: number;
  /** How webhooks are delivered. */
  webhooks?: WebhookOptions;
  /** The secret webhooks are signed with. */
  webhookSecret?: string;
  /** Checks each exchange; what it returns makes `assertDone()` throw. */
  strict?: { readonly validate: (exchange: Exchange) => readonly string[] };
}

/** The origins that URLs in an answer are on. */
export interface Place {
  readonly api: string;
  readonly stream: string;
  readonly delivery: string;
}
