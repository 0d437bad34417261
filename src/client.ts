/** Class `Client`: it owns the transport and what was learned, and delegates everything else. */

import { batch } from "./batch/batch.ts";
import type { BatchInputs, BatchOptions, BatchResults } from "./batch/types.ts";
import { fileCodec } from "./files/mod.ts";
import { rateLimiter } from "./http/limiter.ts";
import type { ClientOptions } from "./http/options.ts";
import { type ConfiguredSend, createSend } from "./http/send.ts";
import type { Parts, RequestOptions } from "./http/types.ts";
import { refuseSettings } from "./official.ts";
import { type Account, AccountApi } from "./resources/account.ts";
import { CollectionsApi } from "./resources/collections.ts";
import { DeploymentsApi } from "./resources/deployments.ts";
import { FilesApi } from "./resources/files.ts";
import { HardwareApi } from "./resources/hardware.ts";
import { ModelsApi } from "./resources/models.ts";
import { type Page, paginate } from "./resources/pages.ts";
import { type Prediction, PredictionsApi } from "./resources/predictions.ts";
import { rawRequest, type RawRequestOptions } from "./resources/raw_request.ts";
import { SearchApi, type SearchOptions, type SearchResults } from "./resources/search.ts";
import { type Training, TrainingsApi } from "./resources/trainings.ts";
import { WebhooksApi } from "./resources/webhooks.ts";
import type { RunContext } from "./run/create.ts";
import { EventStream } from "./run/event_stream.ts";
import { type FallbackOptions, type FallbackRunOf, runAny } from "./run/fallback.ts";
import { failureKind } from "./run/failure_kind.ts";
import { Job } from "./run/job.ts";
import type { OnProgress, RunOptions, StartOptions } from "./run/options.ts";
import { LostCreates } from "./run/lost.ts";
import { parseProgressFromLogs } from "./run/progress.ts";
import { checkOf, type DeploymentRef, type InputOf, type Ref } from "./run/ref.ts";
import { resumeJob, type ResumeOptions, type SavedJob } from "./run/resume.ts";
import type { Run, RunOf } from "./run/run.ts";
import { startJob } from "./run/start.ts";
import { useRef } from "./run/use.ts";
import type { StreamOptions, StreamSource } from "./run/streamed_job.ts";
import { Versions } from "./run/versions.ts";
import { waitFor, type WaitOptions } from "./run/wait.ts";

/** All parts: a client can do everything. */
const ALL: Required<Parts> = { fileCodec, rateLimiter, failureKind, parseProgressFromLogs };

/** The transport, and the state that derived clients share, besides the limiter. */
type ClientContext = Required<RunContext> & { readonly send: ConfiguredSend };

/** The state that `with` hands to the constructor, by a key that nobody else has. */
const derived = new WeakMap<object, ClientContext>();

/**
 * A client for Replicate's HTTP API.
 *
 * Its constructor only checks the options: it sends no request, and has no global state.
 */
export class Client {
  /** The account that the token belongs to. */
  readonly account: AccountApi;
  /** Collections of models. */
  readonly collections: CollectionsApi;
  /** Deployments, and runs of them. */
  readonly deployments: DeploymentsApi;
  /** Uploaded files. */
  readonly files: FilesApi;
  /** The hardware that models can run on. */
  readonly hardware: HardwareApi;
  /** Models, and their versions, examples and readmes. */
  readonly models: ModelsApi;
  /** Predictions: runs of models. */
  readonly predictions: PredictionsApi;
  /** Trainings, which make new versions of models. */
  readonly trainings: TrainingsApi;
  /** The secret that signs webhooks. */
  readonly webhooks: WebhooksApi;
  readonly #context: ClientContext;

  /**
   * Checks the options. A string is the token.
   *
   * @throws {TypeError | RangeError} If an option cannot be used; the message says which.
   */
  constructor(options: string | ClientOptions = {}) {
    this.#context = derived.get(options as object) ??
      { send: createSend(options, ALL), versions: new Versions(), lost: new LostCreates() };
    const { send } = this.#context;
    this.account = new AccountApi(send);
    this.collections = new CollectionsApi(send);
    this.deployments = new DeploymentsApi(send);
    this.files = new FilesApi(send);
    this.hardware = new HardwareApi(send);
    this.models = new ModelsApi(send);
    this.predictions = new PredictionsApi(send);
    this.trainings = new TrainingsApi(send);
    this.webhooks = new WebhooksApi(send);
    refuseSettings(this);
  }

  /**
   * The official client's name for {@linkcode Client.account}.
   *
   * @deprecated Use `account.get()`.
   */
  get accounts(): { current(options?: RequestOptions): Promise<Account> } {
    return { current: (options) => this.account.get(options) };
  }

  /** The options in force: durations in milliseconds, without `auth`. */
  get options(): Readonly<ClientOptions> {
    return this.#context.send.options;
  }

  /** Another client with some options changed. It shares the limiter, and the versions it knows. */
  with(patch: ClientOptions): Client {
    const key = {};
    derived.set(key, { ...this.#context, send: this.#context.send.with(patch) });
    return new Client(key);
  }

  /** Changes `retry` or `timeout` for calls that start from now on. */
  configure(patch: Pick<ClientOptions, "retry" | "timeout">): this {
    this.#context.send.configure(patch);
    return this;
  }

  /**
   * Runs a model to its end, and gives its output, with a `FileOutput` for each file.
   *
   * @param ref `"owner/name"`, `"owner/name:version"`, a version's id, a deployment or a typed model.
   * @param options The input, and the options of the run.
   * @param onProgress Called with each change; it can be given as an option too.
   * @throws {PredictionError} If it failed, was canceled or aborted.
   * @throws {TimeoutError} `deadline`, if `timeout` passed.
   *
   * @example
   * ```ts
   * import { Client } from "@x/replicate";
   *
   * const client = new Client(); // the token is in REPLICATE_API_TOKEN
   * const input = { prompt: "a fig on a plate" };
   * const [image] = await client.run("black-forest-labs/flux-schnell", { input }).files();
   * console.log(image?.href); // or: await image.save("fig.webp")
   * ```
   */
  run<R extends Ref>(ref: R, options: RunOptions<R>, onProgress?: OnProgress): RunOf<R>;
  /** Runs the first of several models; where it fails, the next one: see {@linkcode FallbackOptions}. */
  run<const Rs extends readonly Ref[]>(
    refs: Rs,
    options: FallbackOptions<Rs>,
    onProgress?: OnProgress,
  ): FallbackRunOf<Rs>;
  run(ref: Ref | readonly Ref[], given: RunOptions, onProgress?: OnProgress): Run {
    return runAny(this.#context, ref, onProgress ? { ...given, onProgress } : given);
  }

  /**
   * Starts a model, and gives a handle on its job, which the caller owns: see {@linkcode Job}.
   *
   * @example
   * ```ts
   * import { Client } from "@x/replicate";
   *
   * const client = new Client();
   * const input = { prompt: "a fig on a plate" };
   * const job = await client.start("black-forest-labs/flux-schnell", { input });
   * console.log(job.id, await job.output()); // or, to let it run on: job.detach()
   * ```
   */
  async start<R extends Ref>(ref: R, options: StartOptions<R>): Promise<Job<R>> {
    return new Job<R>(await startJob(this.#context, ref, options));
  }

  /**
   * A handle on a job that exists, in this or another process.
   *
   * @param saved The job's id, its JSON by `JSON.stringify(job)`, or its record.
   * @param ref The ref that it runs, for the type of its output, and the way to read it.
   * @throws {ApiError} 404 if there is no such job.
   */
  async resume<R extends Ref>(
    saved: SavedJob,
    ref?: R,
    options: ResumeOptions = {},
  ): Promise<Job<R>> {
    return new Job<R>(await resumeJob(this.#context.send, saved, options, undefined, checkOf(ref)));
  }

  /**
   * Runs a model, or watches a prediction, and gives its events as they come. Nothing is sent before the
   * first one is asked for.
   *
   * @example
   * ```ts
   * import { Client } from "@x/replicate";
   *
   * const client = new Client();
   * const stream = client.stream("meta/meta-llama-3-8b-instruct", { input: { prompt: "Hi" } });
   * for await (const text of stream.text()) console.log(text);
   * ```
   */
  stream<R extends Ref>(ref: R, options: StreamOptions<R>): EventStream<R>;
  /** The events of a prediction or job that exists, and goes on when the loop is left. */
  stream(job: StreamSource, options?: ResumeOptions): EventStream;
  stream<R extends Ref>(
    what: R | StreamSource,
    options?: StreamOptions<R> | ResumeOptions,
  ): EventStream<R> {
    return new EventStream<R>(this.#context, what, options);
  }

  /**
   * Runs a model for each of many inputs, some at a time, and gives a {@linkcode BatchResults} of them.
   * One that fails does not end the others. A loop gets each as it ends; `await` gives all of them. Nothing
   * happens before the first result is asked for; leaving the loop, or aborting `signal`, cancels the jobs
   * that run.
   *
   * @param ref The model, in each form that `run` takes.
   * @param inputs Any iterable; it is read as far as there is work to do.
   * @param options Options such as `{ concurrency: 32, store, onProgress }`.
   * @throws {TypeError | RangeError} At once, if an option cannot be used.
   */
  batch<I extends object>(
    ref: string | DeploymentRef,
    inputs: BatchInputs<I>,
    options?: BatchOptions<string, I>,
  ): BatchResults<string, I>;
  /** Runs a typed model, or any other ref, for each of many inputs. */
  batch<R extends Ref>(
    ref: R,
    inputs: BatchInputs<InputOf<R>>,
    options?: BatchOptions<R>,
  ): BatchResults<R>;
  batch<R extends Ref>(
    ref: R,
    inputs: BatchInputs<InputOf<R>>,
    options?: BatchOptions<R>,
  ): BatchResults<R> {
    return batch(this.#context, ref, inputs, options);
  }

  /** A function that runs one model, with defaults for its input and options. */
  use<R extends Ref>(
    ref: R,
    defaults: Partial<RunOptions<R>> = {},
  ): (input: InputOf<R>, options?: Partial<RunOptions<R>>) => RunOf<R> {
    return useRef((to, options) => this.run(to, options), ref, defaults);
  }

  /**
   * Waits for the end of a prediction or training, which goes on if the waiting ends early.
   *
   * @param job The id, a `Job`, its JSON, or a record, of which only the id and the kind count.
   * @param options Options such as `{ maxWait: "5m" }`.
   * @param stop Called with each state before the end: `true` ends the waiting, and gives that state.
   * @throws {PredictionError} If it failed, was canceled or aborted.
   * @throws {TimeoutError} `wait`, if `maxWait` passed.
   */
  async wait<J extends Prediction | Training = Prediction>(
    job: string | J | Job,
    options: WaitOptions = {},
    stop?: (job: J) => unknown,
  ): Promise<J> {
    return await waitFor<J>(this.#context.send, job, options, stop);
  }

  /**
   * The results of every page, page by page.
   *
   * @param endpoint The function that gives the first page, such as `client.predictions.list`.
   */
  paginate<T>(
    endpoint: () => PromiseLike<Page<T>>,
    options?: RequestOptions,
  ): AsyncGenerator<T[], void, undefined> {
    return paginate(this.#context.send, endpoint, options);
  }

  /** Searches models, collections and pages. Works without a token. */
  async search(options: SearchOptions): Promise<SearchResults> {
    return await new SearchApi(this.#context.send).search(options);
  }

  /**
   * Sends a request to an endpoint that has no method here, with the token, retries and timeouts of this
   * client.
   *
   * @param path The path from `baseUrl` on, such as `/account`, or a whole URL; the token goes to the API
   * only.
   * @throws {ApiError} If the answer is an error.
   */
  async request(path: string, options: RawRequestOptions = {}): Promise<Response> {
    return await rawRequest(this.#context.send, path, options);
  }
}
