/** Class `Job`: the public handle on a job. */

import { type JobKind, kindOfRecord } from "../base/job.ts";
import type { JobEngine } from "./engine.ts";
import { eventsBetween, type JobEvent } from "./events.ts";
import type { JobRecord } from "./reader.ts";
import type { ChunkOf, OutputOf, Ref } from "./ref.ts";

// Not in a static block of the class, which a bundler could not leave out.
const engines = /* @__PURE__ */ new WeakMap<object, JobEngine>();

/** The engine behind a handle. */
export function engineOf(job: Job): JobEngine {
  return engines.get(job)!;
}

/**
 * A handle on one job that runs on Replicate, and the ways to watch it.
 *
 * A job from `start` belongs to its caller: it is canceled when the signal aborts, when a loop over its
 * events is left, and at the end of an `await using` scope, unless it has ended or was let go with
 * `detach()`. A job from `resume` is only watched.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = () => "done";
 * await using fake = new FakeReplicate({ models: { "acme/slow": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * await using job = await client.start("acme/slow", { input: {}, timeout: "5m" });
 * const saved = JSON.stringify(job); // for `client.resume(saved)` in another process
 * assertEquals(await job.output(), "done");
 * assertEquals(JSON.parse(saved).id, job.id);
 * ```
 */
export class Job<R extends Ref = Ref> implements AsyncDisposable {
  readonly #engine: JobEngine;

  /** @internal Jobs come from `client.start()` and `client.resume()`. */
  constructor(engine: JobEngine) {
    this.#engine = engine;
    engines.set(this, engine);
    // What Node, Deno and Bun print in the console, where a class with private fields is `Job {}`.
    Object.defineProperty(this, Symbol.for("nodejs.util.inspect.custom"), {
      value: () => `Job { id: ${JSON.stringify(this.id)}, status: ${JSON.stringify(this.status)} }`,
    });
  }

  /** The id of the prediction or training. */
  get id(): string {
    return this.#engine.id;
  }

  /** The job as it was last seen. */
  get prediction(): JobRecord {
    return this.#engine.prediction;
  }

  /** The status as it was last seen. */
  get status(): JobRecord["status"] {
    return this.prediction.status;
  }

  /** The kind of the job: a prediction or a training. */
  get kind(): JobKind {
    return kindOfRecord(this.prediction);
  }

  /**
   * Waits for the end, and gives the output, with a `FileOutput` for each file.
   *
   * @throws {PredictionError} If the job failed, was canceled or aborted.
   * @throws {TimeoutError} `deadline`, if the job's `timeout` passed.
   */
  async output(): Promise<OutputOf<R>> {
    for await (const _ of this.#engine.changes()) { /* only the end counts */ }
    return this.#engine.result() as OutputOf<R>;
  }

  /**
   * The events of the job, as they are seen: the present state first, `done` last. A job that does not
   * succeed ends with `PredictionError` instead of `done`. Leaving the loop early cancels a job from
   * `start`.
   */
  async *events(): AsyncGenerator<JobEvent<OutputOf<R>, ChunkOf<R>>, void, undefined> {
    let ended = false;
    let before: JobRecord | undefined;
    try {
      for await (const record of this.#engine.changes()) {
        for (const event of eventsBetween(before, record)) {
          const data = event.event === "output"
            ? this.#engine.decoded(event.data, "chunk")
            : event.data;
          yield { ...event, data } as JobEvent<OutputOf<R>, ChunkOf<R>>;
        }
        before = record;
      }
      ended = true;
      const failure = this.#engine.failure();
      if (failure) throw failure;
      yield { event: "done", data: this.prediction };
    } finally {
      if (!ended) this.#engine.leave();
    }
  }

  /** Cancels the job, once, and gives its end. A job that has ended is not canceled. */
  cancel(): Promise<JobRecord> {
    return this.#engine.cancel();
  }

  /** Lets the job go: from now on nothing but `cancel()` cancels it. */
  detach(): this {
    this.#engine.detach();
    return this;
  }

  /** The JSON that `client.resume()` takes: the id and the kind, no input and no output. */
  toJSON(): { id: string; kind: JobKind } {
    return { id: this.id, kind: this.kind };
  }

  /** Cancels a job from `start` that still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // Who was cut off by a signal or a deadline has been canceled, and is not held up by that.
      if (this.#engine.owned && !this.#engine.signal.aborted) await this.cancel();
    } finally {
      this.detach();
    }
  }
}
