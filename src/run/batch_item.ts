import { toMs } from "../duration.ts";
import { ReplicateError, TimeoutError } from "../errors.ts";
import { decodeOutput } from "../files/output.ts";
import { isTerminal } from "../job_status.ts";
import type { Send } from "../request.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { inputNames } from "./batch_key.ts";
import type { BatchRecord, KeptPrediction, Ledger, LedgerEntry } from "./batch_ledger.ts";
import type { BatchOptions, BatchResult } from "./batch_types.ts";
import { type CreateWatch, watched } from "./batch_watch.ts";
import type { CostEntry, CostSubject } from "./cost.ts";
import type { RunContext } from "./create.ts";
import { PredictionError, predictionError } from "./errors.ts";
import { JobEngine } from "./engine.ts";
import { Lease } from "./lease.ts";
import { JobReader } from "./poll.ts";
import type { InputOf, OutputOf, ParsedRef, Ref } from "./ref.ts";
import { type rerunPolicy, type RunOptions, settleRun } from "./runner.ts";

/** What each run of a batch is given, besides its input and a signal. */
export type BatchRun = Omit<RunOptions, "input" | "signal">;

/** What the inputs of a batch share. */
export interface BatchShared<R extends Ref> {
  readonly context: RunContext;
  readonly ref: R;
  readonly parsed: ParsedRef;
  readonly options: BatchOptions<R>;
  readonly run: BatchRun;
  readonly policy: ReturnType<typeof rerunPolicy>;
  readonly ledger: Ledger | undefined;
  readonly keys: ReturnType<typeof inputNames<R>> | undefined;
  /** With `dedupe`: what became of each input that differs from those before. */
  readonly outcomes: Map<string, Promise<Outcome<R>>>;
  /** The store does not take what it is given: nothing more may be started. */
  readonly broken: (error: unknown) => void;
}

/** A result that may be that of several inputs. */
export type Outcome<R extends Ref> =
  | { status: "fulfilled"; value: OutputOf<R>; prediction: Prediction }
  | { status: "rejected"; reason: unknown; prediction: Prediction | undefined };

/** Runs one input, or finds out what became of it; `ran` says which. Never rejects. */
export async function settleInput<R extends Ref>(
  shared: BatchShared<R>,
  input: InputOf<R>,
  index: number,
  signal: AbortSignal,
): Promise<{ result: BatchResult<R>; ran: boolean }> {
  const { keys, outcomes, options: { dedupe } } = shared;
  let outcome: Outcome<R>;
  let item: BatchItem<R> | undefined;
  try {
    const key = await keys?.(input, index);
    let work = dedupe && key !== undefined ? outcomes.get(key) : undefined;
    if (!work) {
      item = new BatchItem(shared, input, index, signal);
      work = item.settle(key);
      if (dedupe && key !== undefined) outcomes.set(key, work);
    }
    outcome = await work;
  } catch (reason) {
    outcome = { status: "rejected", reason, prediction: undefined };
  }
  return { result: { index, input, ...outcome }, ran: item?.ran ?? false };
}

class BatchItem<R extends Ref> implements CreateWatch {
  /** Whether there was anything to wait for. */
  ran = false;
  readonly #shared: BatchShared<R>;
  readonly #input: InputOf<R>;
  readonly #subject: CostSubject;
  readonly #send: Send;
  readonly #signal: AbortSignal;
  #entry: LedgerEntry | undefined;
  #charge: CostEntry | undefined;
  #prediction: Prediction | undefined;

  constructor(shared: BatchShared<R>, input: InputOf<R>, index: number, signal: AbortSignal) {
    const { context, options: { tag } } = shared;
    this.#shared = shared;
    this.#input = input;
    this.#subject = {
      model: nameOf(shared.ref),
      tag: typeof tag === "function" ? tag(input, index) : tag,
    };
    this.#send = watched(context.send, this);
    this.#signal = signal;
  }

  async settle(key: string | undefined): Promise<Outcome<R>> {
    const { context, ledger } = this.#shared;
    try {
      if (ledger && key !== undefined) this.#entry = await ledger.entry(key);
      const prediction = await this.#earlier() ?? await this.#run();
      const value = decodeOutput(context.send, prediction.output) as OutputOf<R>;
      return { status: "fulfilled", value, prediction };
    } catch (reason) {
      if (reason instanceof PredictionError) this.#prediction = reason.prediction as Prediction;
      return { status: "rejected", reason, prediction: this.#prediction };
    } finally {
      this.#charge?.end();
    }
  }

  before(): void {
    this.#charge?.end();
    this.#charge = this.#shared.options.meter?.begin(this.#subject);
  }

  async sending(again: boolean): Promise<void> {
    await this.#entry?.intend(again);
  }

  async created(prediction: Prediction): Promise<void> {
    this.seen(prediction);
    await this.#keep((entry) => entry.created(prediction));
  }

  async failed(refused: boolean): Promise<void> {
    if (!refused) return this.#charge?.end();
    this.#charge?.drop();
    await this.#keep((entry) => entry.refused());
  }

  seen(prediction: Prediction): void {
    this.#prediction = prediction;
    if (isTerminal(prediction)) this.#charge?.end(prediction);
  }

  /** Creates a prediction, and waits for its end; again, if it fails and may be run again. */
  async #run(): Promise<Prediction> {
    const { context: { versions }, ref, run, policy } = this.#shared;
    this.ran = true;
    const left = Math.max(1, policy.attempts - failuresOf(this.#entry?.record));
    const rerun = run.rerun && { ...run.rerun, attempts: left };
    const options = { ...run, rerun, input: this.#input, signal: this.#signal } as RunOptions<R>;
    try {
      const { prediction } = await settleRun({ send: this.#send, versions }, ref, options);
      return await this.#ended(prediction);
    } catch (error) {
      if (error instanceof PredictionError) await this.#ended(error.prediction as Prediction);
      throw error;
    }
  }

  /** What came of it before a restart; `undefined` if it has to be created. */
  async #earlier(): Promise<Prediction | undefined> {
    const { ledger, policy, options: { meter }, parsed } = this.#shared;
    const entry = this.#entry;
    const record = entry?.record;
    if (!ledger || !entry || !record) return undefined;
    const prediction = record.state === "ended"
      ? this.#restored(record.prediction)
      : await this.#attached(ledger, entry, record);
    if (!prediction) return undefined;
    meter?.add(prediction, this.#subject);
    // It was stopped with the batch.
    if (/^(?:canceled|aborted)$/.test(prediction.status)) return undefined;
    await this.#ended(prediction);
    if (prediction.status === "succeeded") return prediction;
    const error = predictionError(this.#send, prediction, parsed.label);
    const mayRerun = failuresOf(entry.record) < policy.attempts && policy.on.has(error.kind);
    if (!mayRerun) throw error;
    return undefined;
  }

  #restored(kept: KeptPrediction): Prediction {
    const { options } = this.#shared.context.send;
    const get = `${options?.baseUrl ?? ""}/predictions/${kept.id}`;
    const urls = { get, cancel: `${get}/cancel` };
    return this.#prediction = { ...kept, input: this.#input, logs: null, urls } as Prediction;
  }

  /** Watches what was created, or may have been created, to its end. */
  async #attached(
    ledger: Ledger,
    entry: LedgerEntry,
    record: BatchRecord,
  ): Promise<Prediction | undefined> {
    this.ran = true;
    let id = record.state === "created" ? record.id : undefined;
    if (id === undefined) {
      const found = await ledger.find(entry, this.#input);
      if (!found) return undefined;
      id = found.id;
      await this.#keep((entry) => entry.created(found));
    }
    const { run, parsed } = this.#shared;
    const options = { ...run, signal: this.#signal };
    const prediction = await watchOwn(this.#send, id, options, parsed.label);
    if (prediction.status !== "succeeded" || !prediction.data_removed) return prediction;
    throw new ReplicateError(
      `Cannot give the output of prediction ${id}: it ended before the restart, and the server has ` +
        `deleted its data; to run it anew, delete "batch ${entry.key}" from the store`,
    );
  }

  async #ended(prediction: Prediction): Promise<Prediction> {
    await this.#keep((entry) => entry.ended(prediction));
    return prediction;
  }

  /** What is paid for is not given up because it cannot be noted; but nothing more is begun. */
  async #keep(note: (entry: LedgerEntry) => Promise<void>): Promise<void> {
    try {
      if (this.#entry) await note(this.#entry);
    } catch (error) {
      this.#shared.broken(error);
    }
  }
}

/** How often it has failed so far. */
function failuresOf(record: BatchRecord | undefined): number {
  if (!record) return 0;
  const hasFailed = record.state === "ended" && record.prediction.status === "failed";
  return record.failed + (hasFailed ? 1 : 0);
}

/** A ref as it is written. */
function nameOf(ref: Ref): string {
  if (typeof ref === "string") return ref;
  return "ref" in ref ? nameOf(ref.ref) : ref.deployment;
}

/** Watches a job of this batch that was created before, and cancels it if the caller leaves. */
async function watchOwn(
  send: Send,
  id: string,
  options: BatchRun & { signal: AbortSignal },
  label: string,
): Promise<Prediction> {
  const { signal, timeout, interval, retry, headers } = options;
  const ms = timeout === undefined ? undefined : toMs(timeout, "timeout", 1);
  const lease = new Lease({ signal, timeout: ms, timedOut: (ms) => late(label, ms) });
  const request = { retry, headers, signal: lease.signal };
  const reader = new JobReader(send, { id }, { request, fresh: true });
  lease.own(() => reader.cancel());
  try {
    if (signal.aborted) reader.cancel().catch(() => {});
    lease.signal.throwIfAborted();
    const record = await lease.race(reader.get());
    lease.unwatch();
    const every = interval === undefined ? undefined : toMs(interval, "interval");
    const since = Date.parse(record.created_at) || Date.now();
    const job = new JobEngine({
      send,
      record,
      reader,
      lease,
      owned: true,
      label,
      interval: every,
      since,
    });
    try {
      for await (const _ of job.changes()) { /* only the end counts */ }
    } catch (error) {
      job.leave();
      throw error;
    }
    return job.prediction as Prediction;
  } finally {
    lease.close();
  }
}

function late(label: string, ms: number): TimeoutError {
  return new TimeoutError(`Cannot run ${label}: it did not end within ${ms} ms (timeout)`, {
    phase: "deadline",
  });
}
