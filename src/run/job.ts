import { delay } from "@std/async/delay";
import { decodeOutput } from "../files/output.ts";
import type { Send } from "../request.ts";
import { PredictionError } from "./errors.ts";
import { eventsBetween, type JobEvent, unchanged } from "./job_event.ts";
import type { Lease } from "./lease.ts";
import { isTerminal, type JobKind, type JobReader, type JobRecord, pollDelay } from "./poll.ts";
import type { OutputOf, Ref } from "./ref.ts";

/** What a job is made from. */
export interface JobInit {
  send: Send;
  record: JobRecord;
  reader: JobReader;
  lease: Lease;
  /** Whether leaving cancels it. */
  owned: boolean;
  /** What was run, for messages. */
  label: string;
  /** Milliseconds between two looks; `undefined`: adaptive. */
  interval: number | undefined;
  /** Since when it runs, as of `Date.now()`, as far as is known. */
  since: number;
}

/**
 * One thing that runs on Replicate, and the ways to watch it.
 *
 * A job from `start` is its caller's own: it is canceled when the signal aborts, when a loop over its
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
  /** The prediction's or training's id. */
  readonly id: string;
  readonly #init: JobInit;
  #record: JobRecord;
  #next: Promise<JobRecord> | undefined;
  #canceled: Promise<JobRecord> | undefined;
  #owned: boolean;

  /** @internal Jobs come from `client.start()` and `client.resume()`. */
  constructor(init: JobInit) {
    this.#init = init;
    this.#record = init.record;
    this.#owned = init.owned;
    this.id = init.record.id;
    if (init.owned) init.lease.own(() => this.cancel());
    this.#see(init.record);
  }

  /** The job as it was last seen. */
  get prediction(): JobRecord {
    return this.#record;
  }

  /** What it was last seen to be at. */
  get status(): JobRecord["status"] {
    return this.#record.status;
  }

  /** Whether it is a training. */
  get kind(): JobKind {
    return this.#init.reader.kind;
  }

  /**
   * Waits for the end, and gives the output, with a `FileOutput` for each file.
   *
   * @throws {PredictionError} If it failed, was canceled or aborted.
   * @throws {TimeoutError} `deadline`, if the job's `timeout` passed.
   */
  async output(): Promise<OutputOf<R>> {
    for await (const _ of this.changes()) { /* only the end counts */ }
    return this.result();
  }

  /**
   * What happens, as it is seen: the present state first, `done` last. A job that does not succeed ends
   * with `PredictionError` instead of `done`. Leaving the loop early cancels a job that is ours.
   */
  async *events(): AsyncGenerator<JobEvent<OutputOf<R>>, void, undefined> {
    let ended = false;
    let before: JobRecord | undefined;
    try {
      for await (const record of this.changes()) {
        for (const event of eventsBetween(before, record)) {
          const data = event.event === "output" ? this.#decode(event.data) : event.data;
          yield { ...event, data } as JobEvent<OutputOf<R>>;
        }
        before = record;
      }
      ended = true;
      const failure = this.failure();
      if (failure) throw failure;
      yield { event: "done", data: this.#record };
    } finally {
      if (!ended) this.leave();
    }
  }

  /** Cancels the job, once, and gives what it ended as. One that has ended is not asked again. */
  cancel(): Promise<JobRecord> {
    if (isTerminal(this.#record)) return Promise.resolve(this.#record);
    return this.#canceled ??= this.#init.reader.cancel().then((record) => this.#see(record));
  }

  /** Lets the job go: from now on nothing but `cancel()` cancels it. */
  detach(): this {
    this.#owned = false;
    this.#init.lease.close();
    return this;
  }

  /** What `client.resume()` needs, and nothing else: no input, no output. */
  toJSON(): { id: string; kind: JobKind } {
    return { id: this.id, kind: this.kind };
  }

  /** Cancels the job if it is ours and still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#owned) await this.cancel();
    this.detach();
  }

  /**
   * Each state that differs from the one before, until the end; the present one first. Several that
   * watch at once share what is asked.
   */
  async *changes(): AsyncGenerator<JobRecord, void, undefined> {
    const { lease } = this.#init;
    const unwatch = this.watch();
    try {
      let seen: JobRecord | undefined;
      for (;;) {
        lease.signal.throwIfAborted();
        if (!unchanged(seen, this.#record)) yield seen = this.#record;
        if (isTerminal(this.#record)) return;
        await this.#poll();
      }
    } finally {
      unwatch();
    }
  }

  /** The output of a job that has ended. */
  result(): OutputOf<R> {
    const failure = this.failure();
    if (failure) throw failure;
    return this.decoded();
  }

  /** What a job that has ended without success is to be answered with. */
  failure(): Error | undefined {
    const { lease, label } = this.#init;
    const { status } = this.#record;
    if (status === "succeeded") return undefined;
    // The server keeps the deadline too, and may have been the first to act on it.
    const late = status === "failed" ? undefined : lease.expired;
    return late ?? new PredictionError(this.#record, label);
  }

  /** The output as far as it was seen. */
  decoded(): OutputOf<R> {
    return this.#decode(this.#record.output) as OutputOf<R>;
  }

  /** Aborts when the caller leaves, or the deadline passes. */
  get signal(): AbortSignal {
    return this.#init.lease.signal;
  }

  /** Looks at the job once, now. */
  async look(): Promise<JobRecord> {
    return this.#see(await this.#init.reader.get());
  }

  /** Keeps the deadline's clock running until the returned function is called. */
  watch(): () => void {
    const { lease } = this.#init;
    lease.watch();
    return () => lease.unwatch();
  }

  /** `promise`, or the end of the lease if that comes first. */
  race<T>(promise: T | PromiseLike<T>): Promise<T> {
    return this.#init.lease.race(promise);
  }

  /** What `break` does: cancels the job if it is ours and still runs, and does not wait for that. */
  leave(): void {
    if (this.#owned && !isTerminal(this.#record)) this.cancel().catch(() => {});
    this.detach();
  }

  #decode(output: unknown): unknown {
    return decodeOutput(this.#init.send, output);
  }

  #poll(): Promise<JobRecord> {
    return this.#next ??= this.#look().finally(() => this.#next = undefined);
  }

  async #look(): Promise<JobRecord> {
    const { interval, lease, reader, since } = this.#init;
    await delay(interval ?? pollDelay(Date.now() - since), { signal: lease.signal });
    return this.#see(await reader.get());
  }

  #see(record: JobRecord): JobRecord {
    // An answer that was under way when the end was seen must not take it back.
    if (!isTerminal(this.#record) || isTerminal(record)) this.#record = record;
    if (isTerminal(this.#record)) this.#init.lease.close();
    return this.#record;
  }
}
