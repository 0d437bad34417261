import type { BatchRun, BatchShared } from "./batch_item.ts";
import { inputNames } from "./batch_key.ts";
import { Ledger } from "./batch_ledger.ts";
import type { BatchOptions } from "./batch_types.ts";
import type { RunContext } from "./create.ts";
import { type InputOf, parseRef, type Ref } from "./ref.ts";
import { rerunPolicy } from "./runner.ts";

/** Enough for ten short runs a second, which is what most accounts may create. */
const CONCURRENCY = 16;

/** Inputs, all there or made one by one. */
export type BatchInputs<I extends object = object> = Iterable<I> | AsyncIterable<I>;

/** What a batch was asked for, checked. */
export interface BatchPlan<R extends Ref> {
  readonly inputs: BatchInputs<InputOf<R>>;
  readonly options: BatchOptions<R>;
  readonly concurrency: number;
  share(signal: AbortSignal, broken: (error: unknown) => void): BatchShared<R>;
}

/**
 * The options of a batch, checked.
 *
 * @throws {TypeError | RangeError} If an option cannot be used.
 */
export function batchPlan<R extends Ref>(
  context: RunContext,
  ref: R,
  inputs: BatchInputs<InputOf<R>>,
  options: BatchOptions<R>,
): BatchPlan<R> {
  const parsed = parseRef(ref);
  const { concurrency = CONCURRENCY, store, dedupe, key } = options;
  if (!isIterable(inputs)) {
    throw new TypeError(
      `Cannot run ${parsed.label}: give the inputs as a list, or another iterable`,
    );
  }
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`Cannot use ${concurrency} as concurrency: give a whole number from 1 up`);
  }
  if (store !== undefined && !isStore(store)) {
    throw new TypeError("Cannot use this as a store: it needs get, set and delete");
  }
  const policy = rerunPolicy(options.rerun);
  return {
    inputs,
    options,
    concurrency,
    share: (signal, broken) => {
      const run = runOptions(options);
      const { retry, headers } = run;
      const request = { retry, headers, signal };
      return {
        context,
        ref,
        parsed,
        options,
        run,
        policy,
        broken,
        ledger: store && new Ledger({ store, send: context.send, ref: parsed, request }),
        keys: store || dedupe ? inputNames<R>(parsed, { key, dedupe }) : undefined,
        outcomes: new Map(),
      };
    },
  };
}

/** So that up to 125 that run take half of what an account may read: 25 times a second. */
function pollEvery(concurrency: number): number {
  return Math.min(Math.max(concurrency * 40, 500), 5000);
}

/** What is left of the options when those of the batch are taken out. */
function runOptions<R extends Ref>(options: BatchOptions<R>): BatchRun {
  const {
    concurrency = CONCURRENCY,
    ordered: _,
    dedupe: __,
    store: ___,
    key: ____,
    meter: _____,
    tag: ______,
    onProgress: _______,
    onInputsError: ________,
    signal: _________,
    ...run
  } = options;
  // With the id at once: what is left can be canceled, a store can keep it, and the rate limit, of
  // which the server tells in its answer, is known.
  const { wait = false, interval = pollEvery(concurrency) } = run;
  return { ...run, wait, interval };
}

function isIterable(inputs: unknown): boolean {
  return typeof inputs === "object" && inputs !== null &&
    (Symbol.asyncIterator in inputs || Symbol.iterator in inputs);
}

function isStore(store: unknown): boolean {
  const { get, set, delete: remove } = (store ?? {}) as Record<string, unknown>;
  return [get, set, remove].every((method) => typeof method === "function");
}
