/** One input of a batch, from its key to its result. */

import { ReplicateError } from "../errors.ts";
import { hide } from "../base/record.ts";
import type { Parts, RequestSpec, Send } from "../http/types.ts";
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
import { type ItemRecord, itemRecord } from "./item_record.ts";
import type { KeptPrediction } from "./ledger.ts";
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
    item = firsts.get(key) ?? batchItem(plan, input, index, key);
    if (dedupe) firsts.set(key, item);
    const settled = await item.settled();
    const { output: value, prediction } = settled;
    item.observer?.end(prediction);
    const outcome = { index, input, status: "fulfilled" as const, value, prediction };
    return withViews(outcome, plan.context.send.parts, () => settled);
  } catch (reason) {
    const prediction = item?.record.prediction;
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
  const view = <T>(read: (settled: Settled<unknown>) => T) => async (): Promise<T> =>
    await read(settled());
  hide(outcome, {
    text: view(textOf),
    json: view(jsonOf),
    file: view((it) => fileOf(parts, it)),
    files: view((it) => filesOf(parts, it)),
  });
  return outcome as BatchResult<R>;
}

/** One input, or several that are equal and are run once. */
export interface BatchItem<R extends Ref> {
  readonly observer: ItemObserver | undefined;
  readonly record: ItemRecord;
  /** The end of the input's run: one promise for all who ask. */
  settled(): Promise<Settled<OutputOf<R>>>;
}

/** Makes an item of a batch; `key` is its name in the store. */
function batchItem<R extends Ref>(
  plan: BatchPlan<R>,
  input: InputOf<R>,
  index: number,
  key: string,
): BatchItem<R> {
  const { context: { send, versions, lost }, ref, policy, options, request } = plan;
  const { meter = send.options?.meter, tag: given, sink } = options;
  const check = checkOf(ref);
  const record = itemRecord(plan.ledger, key, plan.broken);
  const tag = typeof given === "function" ? given(input, index) : given;
  const observer = (options as ObservedOptions)[OBSERVE]?.(send, input);
  const own = withoutSecrets(observer?.send ?? send, check?.redactor(input));
  let end: Promise<Settled<OutputOf<R>>> | undefined;
  /** `true` once there was something to wait for. */
  let ran = false;

  const failed = (): number => record.value?.failed ?? 0;

  /**
   * Runs the input to its end, by requests that are watched. With `found`, what there is already is watched
   * in the same way, and no input is sent.
   */
  const run = async (found?: (spec: RequestSpec) => Promise<Prediction>): Promise<Prediction> => {
    const watched = record.watch(own, { meter, ref, tag }, found);
    const context = { send: watched, versions: found ? new Versions() : versions, lost };
    const { prediction } = await settleRun(context, ref, {
      ...plan.runOptions,
      ...observer?.options,
      tag,
      signal: request.signal,
      ...(found ? { input: {} as InputOf<R>, validate: "off", meter: undefined } : { input }),
      rerun: found ? undefined : {
        on: [],
        ...options.rerun,
        attempts: Math.max(1, policy.attempts - failed()),
      },
    });
    return prediction;
  };

  /** The input as the server shows it: without nulls and secrets. */
  const sent = (): object => {
    if (!check || validationOf(send, options) === "off") return input;
    const checked = check.input(input, options.coerce ?? send.options?.coerce);
    return Object.fromEntries(
      Object.entries(checked.input).filter(([name]) => !check.secrets.includes(name)),
    );
  };

  /** The end of what was created before a restart; `undefined` if it has to be created. */
  const resume = async (): Promise<Prediction | undefined> => {
    const before = await record.read();
    if (!before) return undefined;
    const ended = before.state === "ended" ? before.prediction : undefined;
    ran = !ended;
    const id = ended?.id ?? await record.find(sent());
    if (id === undefined) return undefined;
    let owned = false;
    try {
      const prediction = await run(({ onAnswer }) => {
        owned = true;
        const found = ended ? whole(ended, input, send) : salvaged(id) as Prediction;
        onAnswer?.(found);
        return Promise.resolve(found);
      });
      if (!prediction.data_removed) return prediction;
    } catch (error) {
      // The caller had left before it was anybody's.
      if (!ended && !owned && request.signal.aborted) {
        new JobReader(send, { id, request }).cancel().catch(() => {});
      }
      if (!(error instanceof PredictionError)) throw error;
      const wasStopped = /^(canceled|aborted)$/.test(error.kind);
      if (wasStopped || (failed() < policy.attempts && policy.on.has(error.kind))) return undefined;
      throw error;
    }
    throw new ReplicateError(
      `Cannot give the output of prediction ${id}: the server has deleted its data; ` +
        `to run it anew, delete "batch ${key}" from the store`,
    );
  };

  const settle = async (): Promise<Settled<OutputOf<R>>> => {
    try {
      let prediction = await resume();
      if (!prediction) {
        ran = true;
        prediction = await run();
      }
      const output = decoded(send, check, prediction.output) as OutputOf<R>;
      const { value } = record;
      return await kept({ output, prediction }, sink, {
        signal: request.signal,
        known: value?.state === "ended" ? value.stored : undefined,
        onStored: (stored) => record.keep(stored),
      });
    } finally {
      if (ran) plan.pace.ran();
    }
  };

  return { observer, record, settled: () => end ??= settle() };
}

/** The prediction of an input that had ended before, without the data that were not kept. */
function whole(kept: KeptPrediction, input: object, { options }: Send): Prediction {
  const get = `${options?.baseUrl ?? ""}/predictions/${kept.id}`;
  return { ...kept, input, logs: null, urls: { get, cancel: `${get}/cancel` } } as Prediction;
}
