/** One input of a batch, from its key to its result. */

import { hide } from "../base/record.ts";
import type { Parts, RequestSpec } from "../http/types.ts";
import { validationOf } from "../resources/checked_input.ts";
import { salvaged } from "../resources/salvage.ts";
import type { Prediction } from "../resources/predictions.ts";
import { PredictionError } from "../run/errors.ts";
import { type ItemObserver, OBSERVE, type ObservedOptions } from "../run/observed.ts";
import { JobReader } from "../run/reader.ts";
import { decoded } from "../run/decode.ts";
import { checkOf, type InputOf, type OutputOf, type Ref } from "../run/ref.ts";
import { withoutSecrets } from "../resources/secrets.ts";
import { settleRun } from "../run/settle.ts";
import type { Settled } from "../run/settled.ts";
import { kept } from "../run/sink.ts";
import { Versions } from "../run/versions.ts";
import { fileOf, filesOf, jsonOf, textOf } from "../run/views.ts";
import { ItemRecord } from "./item_record.ts";
import { ItemWatch } from "./item_watch.ts";
import type { BatchPlan } from "./plan.ts";
import type { BatchOutcome, BatchResult } from "./types.ts";

/**
 * Runs one input, or finds out what became of it. Never rejects.
 *
 * @param firsts With `dedupe`: the first of the inputs that are equal, by key.
 */
export async function settleInput<R extends Ref>(
  plan: BatchPlan<R>,
  firsts: Map<string, BatchItem<R>>,
  input: InputOf<R>,
  index: number,
): Promise<BatchResult<R>> {
  const { keyOf, options: { dedupe } } = plan;
  let item: BatchItem<R> | undefined;
  try {
    const key = await keyOf?.(input, index) ?? "";
    item = firsts.get(key) ?? new BatchItem(plan, input, index, key);
    if (dedupe) firsts.set(key, item);
    const settled = await item.settled();
    const { output: value, prediction } = settled;
    item.observer?.end(prediction);
    const outcome = { index, input, status: "fulfilled" as const, value, prediction };
    return withViews(outcome, plan.context.send.parts, () => settled);
  } catch (reason) {
    const { prediction } = item ?? {};
    item?.observer?.fail(reason, prediction);
    const outcome = { index, input, status: "rejected" as const, reason, prediction };
    return withViews(outcome, undefined, () => {
      throw reason;
    });
  }
}

/** An outcome with the views of its output, which are not among its fields for loops and JSON. */
function withViews<R extends Ref>(
  outcome: BatchOutcome<R>,
  parts: Parts | undefined,
  settled: () => Settled<unknown>,
): BatchResult<R> {
  // Asynchronous, as those of a run are.
  const views = {
    text: async () => await textOf(settled()),
    json: async () => await jsonOf(settled()),
    file: async () => await fileOf(parts, settled()),
    files: async () => await filesOf(parts, settled()),
  };
  hide(outcome, views);
  return outcome as BatchResult<R>;
}

/** One input, or several that are equal and are run once. */
export class BatchItem<R extends Ref> {
  readonly observer: ItemObserver | undefined;
  readonly #plan: BatchPlan<R>;
  readonly #input: InputOf<R>;
  readonly #record: ItemRecord;
  readonly #watch: ItemWatch;
  readonly #tag: string | undefined;
  #settled: Promise<Settled<OutputOf<R>>> | undefined;
  /** `true` once there was something to wait for. */
  #ran = false;

  /** `key` is its name in the store. */
  constructor(plan: BatchPlan<R>, input: InputOf<R>, index: number, key: string) {
    const { context: { send }, ref, ledger, options: { meter = send.options?.meter, tag } } = plan;
    this.#plan = plan;
    this.#input = input;
    this.#record = new ItemRecord(ledger, key, plan.broken);
    const redact = checkOf(ref)?.redactor(input);
    this.#tag = typeof tag === "function" ? tag(input, index) : tag;
    const cost = { meter, ref, tag: this.#tag };
    this.observer = (plan.options as ObservedOptions)[OBSERVE]?.(send, input);
    const own = withoutSecrets(this.observer?.send ?? send, redact);
    this.#watch = new ItemWatch(own, this.#record, cost);
  }

  /** The prediction as it was last seen. */
  get prediction(): Prediction | undefined {
    return this.#watch.prediction;
  }

  /** The end of the input's run: one promise for all who ask. */
  settled(): Promise<Settled<OutputOf<R>>> {
    return this.#settled ??= this.#settle();
  }

  async #settle(): Promise<Settled<OutputOf<R>>> {
    const { context: { send, versions }, policy, pace, request, options } = this.#plan;
    try {
      let prediction = await this.#resume();
      if (!prediction) {
        this.#ran = true;
        const attempts = Math.max(1, policy.attempts - this.#record.failed);
        prediction = await this.#run({ versions, input: this.#input, attempts });
      }
      const output = decoded(send, checkOf(this.#plan.ref), prediction.output);
      return await kept({ output: output as OutputOf<R>, prediction }, options.sink, {
        signal: request.signal,
        known: this.#record.stored,
        onStored: (stored) => this.#record.keep(stored),
      });
    } finally {
      if (this.#ran) pace.ran();
    }
  }

  /** The end of what was created before a restart; `undefined` if it has to be created. */
  async #resume(): Promise<Prediction | undefined> {
    const { context: { send }, policy, request } = this.#plan;
    const record = await this.#record.read();
    if (!record) return undefined;
    const ended = record.state === "ended" ? record.prediction : undefined;
    if (!ended) this.#ran = true;
    const id = ended?.id ?? await this.#record.find(this.#sent());
    if (id === undefined) return undefined;
    let owned = false;
    const create = ({ onAnswer }: RequestSpec): Promise<Prediction> => {
      owned = true;
      const found = ended
        ? this.#record.ended(ended, this.#input, send.options)
        : salvaged(id) as Prediction;
      onAnswer?.(found);
      return Promise.resolve(found);
    };
    let prediction: Prediction;
    try {
      // It is watched as any run is; only its create is answered with what there is already.
      const input = {} as InputOf<R>;
      prediction = await this.#run({ create, versions: new Versions(), input, attempts: 1 });
    } catch (error) {
      // The caller had left before it was anybody's.
      if (!ended && !owned && request.signal.aborted) {
        new JobReader(send, { id, sure: true, request }).cancel().catch(() => {});
      }
      if (!(error instanceof PredictionError)) throw error;
      const wasStopped = /^(?:canceled|aborted)$/.test(error.kind);
      const mayRerun = this.#record.failed < policy.attempts && policy.on.has(error.kind);
      if (wasStopped || mayRerun) return undefined;
      throw error;
    }
    if (prediction.data_removed) throw this.#record.gone(prediction.id);
    return prediction;
  }

  /** The input as the server shows it: without nulls and secrets. */
  #sent(): object {
    const { ref, options, context: { send } } = this.#plan;
    const check = checkOf(ref);
    if (!check || validationOf(send, options) === "off") return this.#input;
    const { input } = check.input(this.#input, options.coerce ?? send.options?.coerce);
    return Object.fromEntries(
      Object.entries(input).filter(([name]) => !check.secrets.includes(name)),
    );
  }

  /** Runs the input to its end, by requests that are watched. */
  async #run(
    { create, versions, input, attempts }: {
      create?: (spec: RequestSpec) => Promise<Prediction>;
      versions: Versions;
      input: InputOf<R>;
      attempts: number;
    },
  ): Promise<Prediction> {
    const { context: { lost }, ref, runOptions, request: { signal } } = this.#plan;
    const send = this.#watch.sendWith(create);
    const { prediction } = await settleRun({ send, versions, lost }, ref, {
      ...runOptions,
      ...this.observer?.options,
      // The input of what was created before is not sent again.
      ...(create && { validate: "off" as const, meter: undefined }),
      tag: this.#tag,
      rerun: { on: [], ...runOptions.rerun, attempts },
      signal,
      input,
    });
    return prediction;
  }
}
