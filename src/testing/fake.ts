/** `FakeReplicate`, the front of the fake. */

import { checkRequest } from "../webhooks/node.ts";
import type { Clock } from "./clock.ts";
import type { Fault } from "./faults.ts";
import { type FakeFile, signDownload } from "./files.ts";
import { inProcessFetch } from "./in_process.ts";
import { originsOfReplicate, originsOfServer } from "./origins.ts";
import { readRecording } from "./recording/file.ts";
import { Replay } from "./recording/replay.ts";
import type { ReplayOptions } from "./recording/types.ts";
import { Server } from "./server.ts";
import type { FakeInput, FakeOptions, FakeRun, RecordedRequest } from "./types.ts";
import { viewRun } from "./view.ts";
import type { FakeDelivery } from "./webhook.ts";
import { World } from "./world.ts";

const DEFAULT_ORIGIN = "https://api.replicate.com";

/**
 * Replicate's HTTP API in memory. It keeps state, runs models that are functions, streams, accepts
 * files, sends webhooks, limits rates, and fails on demand.
 *
 * @example A client in the same process
 * ```ts
 * import { FakeReplicate } from "@x/replicate/testing";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/greeter": { official: true, run: ({ name }) => `hello ${name}` } },
 * });
 * const response = await fake.fetch("https://api.replicate.com/v1/predictions", {
 *   method: "POST",
 *   headers: { authorization: "Bearer t", "content-type": "application/json", prefer: "wait" },
 *   body: JSON.stringify({ version: "acme/greeter", input: { name: "Ada" } }),
 * });
 * const { output } = await response.json();
 * if (output !== "hello Ada") throw new Error(`got ${output}`);
 * fake.assertDone();
 * ```
 *
 * @example Behind a real socket
 * ```ts
 * import { FakeReplicate } from "@x/replicate/testing";
 *
 * await using fake = new FakeReplicate({ models: { "acme/greeter": { run: () => "hello" } } });
 * const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
 * const server = Deno.serve(options, fake.handle);
 * const response = await fetch(`http://127.0.0.1:${server.addr.port}/v1/models/acme/greeter`, {
 *   headers: { authorization: "Bearer t" },
 * });
 * const { name } = await response.json();
 * if (name !== "greeter") throw new Error(`got ${name}`);
 * await server.shutdown();
 * ```
 */
export class FakeReplicate implements AsyncDisposable {
  /** The clock of the fake. */
  readonly clock: Clock;
  /** The account that the token belongs to. */
  readonly owner: string;
  /** The origin of relative URLs given to `fetch`. */
  readonly origin: string;
  /**
   * A `fetch` that leads to this fake, whatever the host. It works apart from the object, as in
   * `new Client({ auth: "t", fetch: fake.fetch })`. The URLs of streams are on
   * `https://stream.replicate.com` and those of output files on `https://replicate.delivery`, as
   * Replicate's own are, because these hosts must not see a token.
   */
  readonly fetch: typeof globalThis.fetch;
  /**
   * Answers a request that came over a socket. Every URL in the answer is on the request's origin.
   * It rejects when a fault drops the connection: then reset the socket, if the server can.
   */
  readonly handle: (request: Request) => Promise<Response>;
  readonly #world: World;
  readonly #server: Server;

  /**
   * Makes a fake that has the given models, and neither predictions nor files.
   *
   * @param options The models, and the settings that differ from the defaults.
   */
  constructor(options: FakeOptions) {
    this.#world = new World(options);
    this.#server = new Server(this.#world);
    this.clock = this.#world.clock;
    this.owner = this.#world.owner;
    this.origin = options.origin ?? DEFAULT_ORIGIN;
    const server = this.#server;
    this.fetch = inProcessFetch((...given) => server.serve(...given), this.origin);
    this.handle = (request) => {
      checkRequest(request);
      const origins = originsOfServer(new URL(request.url).origin);
      // Not with `request.signal`: Deno aborts it after a success too, and warns of listeners.
      return server.serve(request, origins);
    };
  }

  /**
   * Plays what `recorder` has written. The replay has no models: it answers each request as the
   * API did.
   *
   * @param source The file, or its JSON, for example where there is no disk.
   * @param options The way that requests find their answers, and their timing.
   * @throws {ReplicateError} If the file cannot be read.
   * @throws {TypeError} If it is not a recording, or an option cannot be used.
   *
   * @example
   * ```ts
   * import { FakeReplicate } from "@x/replicate/testing";
   *
   * const recording = {
   *   format: "x-replicate-recording-1",
   *   exchanges: [{
   *     request: { method: "GET", url: "https://api.replicate.com/v1/account" },
   *     answer: { status: 200, json: { username: "ada" } },
   *   }],
   * };
   * const fake = await FakeReplicate.from(recording);
   * const response = await fake.fetch("https://api.replicate.com/v1/account");
   * if ((await response.json()).username !== "ada") throw new Error("another account");
   * fake.assertDone();
   * ```
   */
  static async from(source: string | URL | object, options?: ReplayOptions): Promise<Replay> {
    return new Replay(await readRecording(source), options);
  }

  /** Every request so far, in order. */
  get requests(): readonly RecordedRequest[] {
    return this.#server.requests;
  }

  /** The predictions, by id. */
  get predictions(): ReadonlyMap<string, FakeRun> {
    return this.#world.predictions;
  }

  /** The trainings, by id. */
  get trainings(): ReadonlyMap<string, FakeRun> {
    return this.#world.trainings;
  }

  /** The uploaded files, by id. */
  get files(): ReadonlyMap<string, FakeFile> {
    return this.#world.files.all;
  }

  /** The ids in the cancel requests so far, in order, and as often as they were sent. */
  get cancels(): readonly string[] {
    return this.#world.cancels;
  }

  /** Every attempt to deliver a webhook so far. */
  get deliveries(): readonly FakeDelivery[] {
    return this.#world.webhooks.deliveries;
  }

  /** The requests for which there is no route, as `METHOD url`. */
  get unknown(): readonly string[] {
    return this.#server.unknown;
  }

  /** The secret that signs webhooks. */
  get webhookSecret(): string {
    return this.#world.webhooks.secret;
  }

  /** Adds faults behind those that are there. A request gets the first one that matches it. */
  fault(...faults: readonly Fault[]): void {
    this.#server.faults.push(...faults);
  }

  /** The requests so far for one operation, such as `predictions.create`. */
  requestsOf(operation: string): readonly RecordedRequest[] {
    return this.requests.filter((request) => request.operation === operation);
  }

  /**
   * The id of a version of a model.
   *
   * @param model The model, as `owner/name`.
   * @param index The version to take: 0 is the latest, 1 the one before.
   * @throws {RangeError} If the model or the version does not exist.
   */
  version(model: string, index = 0): string {
    const [owner = "", name = ""] = model.split("/");
    const version = this.#world.models.get(owner, name)?.versions[index];
    if (!version) throw new RangeError(`Cannot find version ${index} of ${model}`);
    return version.id;
  }

  /**
   * Starts a prediction without a request, for example one that comes from the website.
   *
   * @param model The model, as `owner/name`.
   * @param input The input, which is not checked.
   * @param options The `source` that the API shows. Default `api`.
   * @throws {RangeError} If the model does not exist or has no version.
   */
  predict(model: string, input: FakeInput, options: { source?: "api" | "web" } = {}): FakeRun {
    const [owner = "", name = ""] = model.split("/");
    const entry = this.#world.models.get(owner, name)?.versions[0];
    if (!entry) throw new RangeError(`Cannot find the model ${model}`);
    return this.#world.start({
      kind: "prediction",
      model,
      version: entry.model.official ? "hidden" : entry.id,
      entry,
      input,
      origins: originsOfReplicate(this.origin),
      source: options.source ?? "api",
    });
  }

  /**
   * The JSON that the API shows for a prediction or training to its creator.
   *
   * @throws {RangeError} If there is no run with this id.
   */
  view(id: string): Record<string, unknown> {
    const run = this.#world.predictions.get(id) ?? this.#world.trainings.get(id);
    if (!run) throw new RangeError(`Cannot find a run ${id}`);
    return viewRun(run, run.init.origins, { removed: this.#world.isRemoved(run) });
  }

  /**
   * Signs a download link of an uploaded file, as only the server can.
   *
   * @param id The id of the file.
   * @param expiry The end of its validity, in seconds since 1970. Default: in an hour.
   * @returns The parameters of the link, for `files.download`.
   */
  async signDownload(
    id: string,
    expiry: number = Math.ceil(this.clock.now() / 1000) + 3600,
  ): Promise<{ owner: string; expiry: number; signature: string }> {
    const { owner } = this;
    return { owner, expiry, signature: await signDownload(owner, id, expiry) };
  }

  /** Resolves when every webhook that is due was sent. */
  webhooksSettled(): Promise<void> {
    return this.#world.webhooks.settled();
  }

  /** Throws when a fault was not used, a request had no route, or `strict` has found problems. */
  assertDone(): void {
    const problems = [
      ...this.#server.faults.unused().map((fault) => `unused fault ${describe(fault)}`),
      ...this.unknown.map((request) => `no route for ${request}`),
      ...this.#server.problems,
    ];
    if (problems.length === 0) return;
    throw new Error(`Cannot call the test done:\n- ${problems.join("\n- ")}`);
  }

  /** Stops every run, request and wait. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#world.close();
    return this.webhooksSettled();
  }
}

/** Shows a fault in a message. */
function describe(fault: Fault): string {
  return JSON.stringify(
    fault,
    (_, value: unknown) => value instanceof RegExp ? String(value) : value,
  );
}
