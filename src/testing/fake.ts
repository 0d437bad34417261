import type { Clock } from "./clock.ts";
import type { Fault } from "./faults.ts";
import { type FakeFile, signDownload } from "./files.ts";
import { inProcessFetch } from "./in_process.ts";
import { Server } from "./server.ts";
import type { FakeInput, FakeOptions, FakeRun, RecordedRequest } from "./types.ts";
import { viewRun } from "./view.ts";
import type { FakeDelivery } from "./webhook.ts";
import { World } from "./world.ts";

const DEFAULT_ORIGIN = "https://api.replicate.com";

/**
 * Replicate's HTTP API in memory: it keeps state, runs models that are functions, streams, takes
 * files, sends webhooks, limits rates, and goes wrong on demand.
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
  /** The clock it lives by. */
  readonly clock: Clock;
  /** The account behind the token. */
  readonly owner: string;
  /** The origin that relative URLs given to `fetch` are on. */
  readonly origin: string;
  /**
   * A `fetch` that leads here, whatever the host. Use it without the object if you like:
   * `new Client({ auth: "t", fetch: fake.fetch })`. Streams are said to be on
   * `https://stream.replicate.com` and output files on `https://replicate.delivery`, as those of
   * the real one are on hosts that must not see a token.
   */
  readonly fetch: typeof globalThis.fetch;
  /**
   * Answers a request that came over a socket; every URL in the answer is on the request's origin.
   * It rejects when a fault drops the connection: a server that can should reset the socket then.
   */
  readonly handle: (request: Request) => Promise<Response>;
  readonly #world: World;
  readonly #server: Server;

  /**
   * Makes a fake with nothing in it but its models.
   *
   * @param options The models, and all that should differ from the usual.
   */
  constructor(options: FakeOptions) {
    this.#world = new World(options);
    this.#server = new Server(this.#world);
    this.clock = this.#world.clock;
    this.owner = this.#world.owner;
    this.origin = options.origin ?? DEFAULT_ORIGIN;
    const server = this.#server;
    this.fetch = inProcessFetch((...call) => server.serve(...call), this.origin);
    this.handle = (request) => {
      const { origin } = new URL(request.url);
      const place = { api: origin, stream: origin, delivery: `${origin}/delivery` };
      // Without `request.signal`: Deno aborts it after a success too, and warns those who listen.
      return server.serve(request, place);
    };
  }

  /** Every request so far, in the order they came. */
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

  /** The id of each prediction or training that was asked to be canceled, as often as it was. */
  get cancels(): readonly string[] {
    return this.#world.cancels;
  }

  /** Every attempt to deliver a webhook. */
  get deliveries(): readonly FakeDelivery[] {
    return this.#world.webhooks.deliveries;
  }

  /** Requests that no route was there for, as `METHOD url`. */
  get unknown(): readonly string[] {
    return this.#server.unknown;
  }

  /** The secret that webhooks are signed with. */
  get webhookSecret(): string {
    return this.#world.webhooks.secret;
  }

  /** Adds faults; they are tried in order, after those that are there. */
  fault(...faults: readonly Fault[]): void {
    this.#server.faults.push(...faults);
  }

  /** The requests for one operation, such as `predictions.create`. */
  requestsOf(operation: string): readonly RecordedRequest[] {
    return this.requests.filter((request) => request.operation === operation);
  }

  /**
   * The id of a version of a model.
   *
   * @param model The model, as `owner/name`.
   * @param index 0 for the latest, 1 for the one before.
   */
  version(model: string, index = 0): string {
    const [owner = "", name = ""] = model.split("/");
    const version = this.#world.models.get(owner, name)?.versions[index];
    if (!version) throw new RangeError(`Cannot find version ${index} of ${model}`);
    return version.id;
  }

  /** Starts a prediction without a request: as if it came from the website, say. */
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
      place: {
        api: this.origin,
        stream: "https://stream.replicate.com",
        delivery: "https://replicate.delivery",
      },
      source: options.source ?? "api",
    });
  }

  /** A prediction or training as the API shows it to the one who created it. */
  view(id: string): Record<string, unknown> {
    const run = this.#world.predictions.get(id) ?? this.#world.trainings.get(id);
    if (!run) throw new RangeError(`Cannot find a run ${id}`);
    return viewRun(run, run.init.place, { removed: this.#world.isRemoved(run) });
  }

  /** The query of a download link for an uploaded file, which only the fake can sign. */
  async signDownload(
    id: string,
    expiry: number = Math.ceil(this.clock.now() / 1000) + 3600,
  ): Promise<{ owner: string; expiry: number; signature: string }> {
    const { owner } = this;
    return { owner, expiry, signature: await signDownload(owner, id, expiry) };
  }

  /** Resolves when all webhooks of the runs that have ended were sent. */
  webhooksSettled(): Promise<void> {
    return this.#world.webhooks.settled();
  }

  /** Throws when a fault was not used up, an unknown route was asked, or `strict` found something. */
  assertDone(): void {
    const problems = [
      ...this.#server.faults.unused().map((fault) => `unused fault ${describe(fault)}`),
      ...this.unknown.map((request) => `no route for ${request}`),
      ...this.#server.problems,
    ];
    if (problems.length === 0) return;
    throw new Error(`The fake did not see what was expected:\n- ${problems.join("\n- ")}`);
  }

  /** Stops what runs, hangs or waits. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#world.close();
    return this.webhooksSettled();
  }
}

function describe(fault: Fault): string {
  return JSON.stringify(
    fault,
    (_, value: unknown) => value instanceof RegExp ? String(value) : value,
  );
}
