/** The promise that `run()` returns, and `run()` without a client. */

import { tracer } from "../http/stack.ts";
import type { FileOutput } from "../files/output.ts";
import type { Parts, Send } from "../http/types.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { OutputOf, Ref } from "./ref.ts";
import type { OnProgress, RunOptions } from "./options.ts";
import { settleRun } from "./settle.ts";
import type { Settled } from "./settled.ts";
import { Versions } from "./versions.ts";
import type { AbsentViews } from "./view_types.ts";
import { fileOf, filesOf, jsonOf, type OutputViews, textOf } from "./views.ts";

/**
 * A promise of a model's output, and of other views of it.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = () => ["Hel", "lo"];
 * await using fake = new FakeReplicate({ models: { "acme/chat": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * assertEquals(await client.run("acme/chat", { input: {} }), ["Hel", "lo"]);
 * assertEquals(await client.run("acme/chat", { input: {} }).text(), "Hello");
 * ```
 */
export class Run<O = unknown> extends Promise<O> implements OutputViews {
  readonly #work: Promise<Settled<O>>;
  readonly #parts: Parts | undefined;

  /** Makes `then` return a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @internal Runs come from `client.run()`. */
  constructor(work: Promise<Settled<O>>, parts?: Parts, signal?: AbortSignal) {
    // An error that comes through other promises has lost the line that called `run`.
    const trace = tracer(new.target, signal);
    super((resolve, reject) =>
      work.then(({ output }) => resolve(output), (error) => {
        trace(error);
        reject(error);
      })
    );
    this.#work = work;
    this.#parts = parts;
  }

  /** The prediction as it ended, with its metrics and logs. */
  prediction(): Promise<Prediction> {
    return this.#view(({ prediction }) => prediction);
  }

  /** The output as text: see {@linkcode OutputViews}. */
  text(): Promise<string> {
    return this.#view(textOf);
  }

  /** The output as JSON: see {@linkcode OutputViews}. */
  json<T = unknown>(): Promise<T> {
    return this.#view(jsonOf) as Promise<T>;
  }

  /** The only file of the output: see {@linkcode OutputViews}. */
  file(): Promise<FileOutput> {
    return this.#view((settled) => fileOf(this.#parts, settled));
  }

  /** Every file of the output, at any depth, in order. */
  files(): Promise<FileOutput[]> {
    return this.#view((settled) => filesOf(this.#parts, settled));
  }

  #view<T>(view: (settled: Settled<O>) => T): Promise<T> {
    // A caller who asks for a view gets the failure there: it is not unhandled here.
    this.catch(() => {});
    return this.#work.then(view);
  }
}

/**
 * The result of running a ref: a {@linkcode Run}, whose views `file`, `files` and `text` are there only
 * where the output of a typed model can be that.
 */
export type RunOf<R> = [AbsentViews<OutputOf<R>>] extends [never] ? Run<OutputOf<R>>
  : Omit<Run<OutputOf<R>>, AbsentViews<OutputOf<R>>>;

const versions = new WeakMap<Send, Versions>();

/**
 * Runs a model without a client, for a bundle that holds no more than it uses. It takes the options of
 * `client.run`, and throws its errors.
 *
 * @param send The transport, from `createSend` with the parts that are wanted.
 *
 * @example
 * ```ts
 * import { createSend, run } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const models = { "acme/hello": { official: true, run: () => "hello" } };
 * await using fake = new FakeReplicate({ models });
 * const send = createSend({ auth: "r8_test", fetch: fake.fetch });
 * assertEquals(await run(send, "acme/hello", { input: {} }), "hello");
 * ```
 */
export function run<R extends Ref>(
  send: Send,
  ref: R,
  options: RunOptions<R>,
  onProgress?: OnProgress,
): RunOf<R> {
  if (typeof send !== "function") {
    const message = "Cannot run a model: give what createSend makes first";
    return new Run(Promise.reject(new TypeError(message))) as RunOf<R>;
  }
  const context = { send, versions: versions.get(send) ?? new Versions() };
  versions.set(send, context.versions);
  const work = settleRun(context, ref, onProgress ? { ...options, onProgress } : options);
  return new Run(work, send.parts, options?.signal) as RunOf<R>;
}
