import { unlessAborted } from "../base/async.ts";
import { isTerminal } from "../base/job.ts";
import { bodySentOnce } from "../base/runtime.ts";
import { ApiError, AuthError, ConnectionError, ReplicateError } from "../errors.ts";
import { decodeOutput } from "../files/output.ts";
import { wasRefused } from "../http/failure.ts";
import type { RequestSpec, Send } from "../http/types.ts";
import type { Prediction } from "../resources/predictions.ts";
import { PredictionError } from "../run/errors.ts";
import { JobReader } from "../run/reader.ts";
import type { InputOf, OutputOf, Ref } from "../run/ref.ts";
import { type Settled, settleRun } from "../run/settle.ts";
import { Versions } from "../run/versions.ts";
import type { CostEntry, CostSubject } from "./cost.ts";
import type { BatchRecord, KeptPrediction } from "./ledger.ts";
import type { BatchPlan } from "./plan.ts";
import type { BatchResult } from "./types.ts";

/**
 * Runs one input, or finds out what became of it. Never rejects.
 *
 * @param firsts With `dedupe`: the first of the inputs that are equal, by name.
 */
export async function settleInput<R extends Ref>(
  plan: BatchPlan<R>,
  firsts: Map<string, BatchItem<R>>,
  input: InputOf<R>,
  index: number,
): Promise<BatchResult<R>> {
  const { nameOf, options: { dedupe } } = plan;
  let item: BatchItem<R> | undefined;
  try {
    const key = await nameOf?.(input, index) ?? "";
    item = firsts.get(key) ?? new BatchItem(plan, input, index, key);
    if (dedupe) firsts.set(key, item);
    const { output: value, prediction } = await item.settled();
    return { index, input, status: "fulfilled", value, prediction };
  } catch (reason) {
    return { index, input, status: "rejected", reason, prediction: item?.prediction };
  }
}

/** One input, or several that are equal and to be run once. */
export class BatchItem<R extends Ref> {
  /** As it was last seen. */
  prediction: Prediction | undefined;
  readonly #plan: BatchPlan<R>;
  readonly #input: InputOf<R>;
  readonly #key: string;
  readonly #subject: CostSubject;
  #settled: Promise<Settled<OutputOf<R>>> | undefined;
  /** What the store keeps of it, if there is one. */
  #record: BatchRecord | undefined;
  #charge: CostEntry | undefined;
  /** Whether there was anything to wait for. */
  #ran = false;

  /** `key` is its name in the store. */
  constructor(plan: BatchPlan<R>, input: InputOf<R>, index: number, key: string) {
    const { ref, options: { tag } } = plan;
    this.#plan = plan;
    this.#input = input;
    this.#key = key;
    this.#subject = {
      model: nameOf(ref),
      tag: typeof tag === "function" ? tag(input, index) : tag,
    };
  }

  /** What became of it: one promise for all who ask. */
  settled(): Promise<Settled<OutputOf<R>>> {
    return this.#settled ??= this.#settle();
  }

  async #settle(): Promise<Settled<OutputOf<R>>> {
    const { context: { send, versions }, ledger, policy, pace } = this.#plan;
    try {
      this.#record = await ledger?.read(this.#key);
      let prediction = await this.#resume();
      if (!prediction) {
        this.#ran = true;
        const left = Math.max(1, policy.attempts - (this.#record?.failed ?? 0));
        prediction = await this.#run((spec) => this.#create(spec), versions, this.#input, left);
      }
      return { output: decodeOutput(send, prediction.output) as OutputOf<R>, prediction };
    } finally {
      this.#charge?.end();
      if (this.#ran) pace.ran();
    }
  }

  /** What came of what was created before a restart; `undefined` if it has to be created. */
  async #resume(): Promise<Prediction | undefined> {
    const { context: { send }, ledger, policy, request } = this.#plan;
    const record = this.#record;
    if (!ledger || !record) return undefined;
    let id: string | undefined;
    if (record.state !== "ended") {
      this.#ran = true;
      id = record.state === "created"
        ? record.id
        : await ledger.find(this.#key, record, this.#input);
      if (id === undefined) return undefined;
    }
    let { signal } = request;
    const reader = (): JobReader =>
      new JobReader(send, { id: id ?? "" }, { request: { ...request, signal }, fresh: true });
    const found = async ({ options }: RequestSpec): Promise<Prediction> => {
      if (record.state === "ended") return this.#restored(record.prediction);
      // That of the run, which aborts at its deadline too.
      signal = options?.signal ?? signal;
      return await reader().get() as Prediction;
    };
    let prediction: Prediction;
    try {
      // It is watched as any run is; only its create is answered with what there is already.
      prediction = await this.#run(found, new Versions(), {} as InputOf<R>, 1);
    } catch (error) {
      // Nothing was heard of it so far, so that nobody else would cancel it.
      if (id && signal.aborted && !this.prediction) reader().cancel().catch(() => {});
      if (!(error instanceof PredictionError)) throw error;
      const wasStopped = /^(?:canceled|aborted)$/.test(error.kind);
      const failed = this.#record?.failed ?? 0;
      const mayRerun = failed < policy.attempts && policy.on.has(error.kind);
      if (wasStopped || mayRerun) return undefined;
      throw error;
    }
    if (!prediction.data_removed) return prediction;
    throw new ReplicateError(
      `Cannot give the output of prediction ${prediction.id}: it ended before the restart, and the ` +
        `server has deleted its data; to run it anew, delete "batch ${this.#key}" from the store`,
    );
  }

  /** Runs it to its end, with a create of our own, and notes all that is heard of it. */
  async #run(
    create: (spec: RequestSpec) => Promise<Prediction>,
    versions: Versions,
    input: InputOf<R>,
    attempts: number,
  ): Promise<Prediction> {
    const { context, ref, options, request: { signal } } = this.#plan;
    const own = async <T>(spec: RequestSpec): Promise<T> => {
      const answer = await (spec.bucket === "create" ? create(spec) : context.send<T>(spec));
      const left = spec.options?.signal;
      try {
        // A store that does not answer must not keep the cancel back.
        if (isJob(answer)) await unlessAborted(this.#seen(answer), left);
        if (spec.onOrphan) left?.throwIfAborted();
        return answer as T;
      } catch (error) {
        // The caller has left while that was noted: nobody else would cancel it.
        if (left?.aborted) spec.onOrphan?.(answer);
        throw error;
      }
    };
    const send: Send = Object.defineProperties(own, {
      options: { get: () => context.send.options },
      parts: { value: context.send.parts },
    });
    const { prediction } = await settleRun({ send, versions }, ref, {
      // A run takes no notice of what is for the batch alone.
      ...options,
      onProgress: undefined,
      rerun: { on: [], ...options.rerun, attempts },
      signal,
      input,
    });
    return prediction;
  }

  #restored(kept: KeptPrediction): Prediction {
    const { options } = this.#plan.context.send;
    const get = `${options?.baseUrl ?? ""}/predictions/${kept.id}`;
    const urls = { get, cancel: `${get}/cancel` };
    return { ...kept, input: this.#input, logs: null, urls } as Prediction;
  }

  /** Creates a prediction: with a note before it, and not where the budget forbids it. */
  async #create({ json, onOrphan, ...spec }: RequestSpec): Promise<Prediction> {
    const { context: { send }, ledger, options: { meter } } = this.#plan;
    const before = this.#record;
    const { create, failed } = before ?? { create: 0, failed: 0 };
    const charge = this.#charge = meter?.begin(this.#subject);
    let sent = false;
    try {
      return await send({
        ...spec,
        headers: { "content-type": "application/json", ...spec.headers },
        // A function is asked for at the last moment: when the limiter has let it go.
        body: async () => {
          if (ledger) {
            const at = new Date().toISOString();
            await this.#note({ state: "intent", create: create + 1, failed, at });
          }
          spec.options?.signal?.throwIfAborted();
          sent = true;
          return bodySentOnce(JSON.stringify(json));
        },
        onOrphan: (answer) => {
          this.#seen(answer as Prediction);
          onOrphan?.(answer);
        },
      });
    } catch (error) {
      if (!sent || wasNotAccepted(error)) {
        charge?.drop();
        if (this.#record !== before) await this.#keep(this.#note(before));
      }
      throw error;
    }
  }

  async #seen(job: Prediction): Promise<void> {
    const { meter } = this.#plan.options;
    this.prediction = job;
    if (isTerminal(job)) {
      if (this.#charge) this.#charge.end(job);
      else meter?.add(job, this.#subject);
    }
    await this.#keep(this.#noteAnswer(job));
  }

  /** What an answer says. One that was canceled has not ended: it is run again when the batch is. */
  async #noteAnswer(job: Prediction): Promise<void> {
    const record = this.#record;
    if (!record || record.state === "ended") return;
    const { create, failed, state } = record;
    const { input: _, logs: __, urls: ___, ...prediction } = job;
    const { id, status } = prediction;
    if (state === "intent") await this.#plan.ledger?.own(id, { key: this.#key, create });
    if (status === "succeeded" || status === "failed") {
      const failures = status === "failed" ? failed + 1 : failed;
      await this.#note({ ...record, state: "ended", failed: failures, prediction });
    } else if (state === "intent") {
      await this.#note({ ...record, state: "created", id });
    }
  }

  async #note(record: BatchRecord | undefined): Promise<void> {
    this.#record = record;
    await this.#plan.ledger?.write(this.#key, record);
  }

  /** What is paid for is not given up because it cannot be noted; but nothing more is begun. */
  async #keep(note: Promise<void>): Promise<void> {
    try {
      await note;
    } catch (error) {
      this.#plan.broken(error);
    }
  }
}

/** A ref as it is written. */
function nameOf(ref: Ref): string {
  if (typeof ref === "string") return ref;
  return "ref" in ref ? nameOf(ref.ref) : ref.deployment;
}

/** Whether the server has certainly not created anything. */
function wasNotAccepted(error: unknown): boolean {
  if (error instanceof ApiError) return error.status < 500 && error.status !== 408;
  return error instanceof AuthError ||
    (error instanceof ConnectionError && wasRefused(error.cause));
}

function isJob(answer: unknown): answer is Prediction {
  return (answer as Partial<Prediction> | undefined)?.status !== undefined;
}
