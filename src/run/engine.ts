/** The engine of a job: its state, its polls, its end and its cancel. */

import type { ModelCheck } from "../base/model_check.ts";
import { uptime } from "../base/clock.ts";
import { delay } from "@std/async/delay";
import { isTerminal } from "../base/job.ts";
import type { Send } from "../http/types.ts";
import { unlessAborted } from "../base/async.ts";
import { decoded } from "./decode.ts";
import { PredictionError } from "./errors.ts";
import { unchanged } from "./events.ts";
import type { Lease } from "./lease.ts";
import { type JobReader, type JobRecord, pollDelay } from "./reader.ts";

/** The parts that an engine works with. */
export interface JobEngineInit {
  send: Send;
  record: JobRecord;
  reader: JobReader;
  lease: Lease;
  /** `true` for a job of ours, which leaving cancels. */
  owned: boolean;
  /** The name of what is run, for messages. */
  label: string;
  /** The reader of its output by the schema of its model, if that is known. */
  check: ModelCheck | undefined;
  /** Milliseconds between two polls; `undefined` adapts to the job. */
  interval: number | undefined;
  /** The moment since which it runs, as far as is known, by the clock of durations. */
  startedAt: number;
}

/** One job, and all that is known of it: the core that `run`, `start`, `stream` and `wait` share. */
export class JobEngine {
  /** The prediction's or training's id. */
  readonly id: string;
  readonly #init: JobEngineInit;
  #record: JobRecord;
  #next: Promise<JobRecord> | undefined;
  #canceled: Promise<JobRecord> | undefined;
  #owned: boolean;

  constructor(init: JobEngineInit) {
    this.#init = init;
    this.#record = init.record;
    this.#owned = init.owned;
    this.id = init.record.id;
    init.lease.id = this.id;
    if (init.owned) init.lease.own(() => this.cancel());
    this.#see(init.record);
  }

  /** `true` while leaving cancels the job. */
  get owned(): boolean {
    return this.#owned;
  }

  /** The job as it was last seen. */
  get prediction(): JobRecord {
    return this.#record;
  }

  /** `true` once the job has ended. */
  get ended(): boolean {
    return isTerminal(this.#record);
  }

  /** Cancels the job, once, and gives its end. A job that has ended is not canceled. */
  cancel(): Promise<JobRecord> {
    if (isTerminal(this.#record)) return Promise.resolve(this.#record);
    return this.#canceled ??= this.#init.reader.cancel().then(
      (record) => this.#see(record),
      (error) => {
        // The next one who asks for it tries anew.
        this.#canceled = undefined;
        throw error;
      },
    );
  }

  /** Lets the job go: from now on nothing but `cancel()` cancels it. */
  detach(): void {
    this.#owned = false;
    this.#init.lease.close();
  }

  /**
   * Each state that differs from the one before, until the end; the present one first. Several loops at
   * once share the polls. `signal` ends only this one.
   */
  async *changes(signal?: AbortSignal): AsyncGenerator<JobRecord, void, undefined> {
    const { lease } = this.#init;
    const unwatch = this.watch();
    try {
      let seen: JobRecord | undefined;
      for (;;) {
        lease.signal.throwIfAborted();
        signal?.throwIfAborted();
        if (!unchanged(seen, this.#record)) yield seen = this.#record;
        if (isTerminal(this.#record)) return;
        await unlessAborted(this.#nextPoll(), signal);
      }
    } finally {
      unwatch();
    }
  }

  /** The output of a job that has ended. */
  result(): unknown {
    const failure = this.failure();
    if (failure) throw failure;
    return this.decoded();
  }

  /** The error of a job that has ended without success. */
  failure(): Error | undefined {
    const { lease, label, send: { parts } } = this.#init;
    const job = this.#record;
    if (job.status === "succeeded") return undefined;
    // The server keeps the deadline too, and may have been the first to act on it.
    const late = job.status === "failed" ? undefined : lease.expired;
    return late ?? new PredictionError(job, label, parts?.failureKind?.(job));
  }

  /**
   * The output as far as it was seen, with a `FileOutput` for each file; or the data of an `output` event,
   * which is a chunk of it: one item of a list, or the whole of anything else. JSON has no `undefined`.
   */
  decoded(data: unknown = this.#record.output, part?: "chunk"): unknown {
    const { send, check } = this.#init;
    return decoded(send, check, data, part);
  }

  /** Aborts when the caller leaves, or the deadline passes. */
  get signal(): AbortSignal {
    return this.#init.lease.signal;
  }

  /** Polls the job once, now. */
  async poll(): Promise<JobRecord> {
    return this.#see(await this.#init.reader.get());
  }

  /** Keeps the deadline's clock running until the returned function is called. */
  watch(): () => void {
    const { lease } = this.#init;
    lease.watch();
    return () => lease.unwatch();
  }

  /** Leaves the job, as a `break` does: one of ours that still runs is canceled, without a wait for it. */
  leave(): void {
    if (this.#owned && !isTerminal(this.#record)) this.cancel().catch(() => {});
    this.detach();
  }

  #nextPoll(): Promise<JobRecord> {
    const { interval, lease: { signal }, startedAt } = this.#init;
    return this.#next ??= delay(interval ?? pollDelay(uptime() - startedAt), { signal })
      .then(() => this.poll()).finally(() => this.#next = undefined);
  }

  #see(record: JobRecord): JobRecord {
    // A poll that was under way when the end was seen must not take it back.
    if (!isTerminal(this.#record) || isTerminal(record)) this.#record = record;
    if (isTerminal(this.#record)) this.#init.lease.end();
    return this.#record;
  }
}
