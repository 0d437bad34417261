import { wholeNumber } from "../numbers.ts";
import type { RequestOptions } from "../request.ts";
import type { BatchItem } from "./batch_item.ts";
import { inputNames } from "./batch_key.ts";
import { Ledger } from "./batch_ledger.ts";
import { BatchPace } from "./batch_pace.ts";
import type { BatchOptions } from "./batch_types.ts";
import type { RunContext } from "./create.ts";
import { type InputOf, type ParsedRef, parseRef, type Ref } from "./ref.ts";
import { rerunPolicy } from "./runner.ts";

/** Inputs, all there or made one by one. */
export type BatchInputs<I extends object = object> = Iterable<I> | AsyncIterable<I>;

/** What the inputs of a batch share: what was asked for, checked, and what is known so far. */
export interface BatchPlan<R extends Ref> {
  readonly context: RunContext;
  readonly ref: R;
  readonly parsed: ParsedRef;
  readonly inputs: BatchInputs<InputOf<R>>;
  readonly options: BatchOptions<R> & { readonly concurrency: number };
  readonly policy: ReturnType<typeof rerunPolicy>;
  /** Ends all that was started. */
  readonly controller: AbortController;
  /** For requests that are not those of a run. */
  readonly request: RequestOptions & { signal: AbortSignal };
  readonly pace: BatchPace;
  readonly ledger: Ledger | undefined;
  /** Names an input, if it has to be told from others. */
  readonly nameOf: ReturnType<typeof inputNames<R>> | undefined;
  /** With `dedupe`: the first of those that are equal, by name. */
  readonly firsts: Map<string, BatchItem<R>>;
  /** The store does not take what it is given: nothing more may be started. */
  readonly broken: (error: unknown) => void;
}

/**
 * What a batch was asked for, with the defaults.
 *
 * @throws {TypeError | RangeError} If an option cannot be used.
 */
export function batchPlan<R extends Ref>(
  context: RunContext,
  ref: R,
  inputs: BatchInputs<InputOf<R>>,
  options: BatchOptions<R>,
  broken: (error: unknown) => void,
): BatchPlan<R> {
  const parsed = parseRef(ref);
  if (!isIterable(inputs)) {
    throw new TypeError(
      `Cannot run ${parsed.label}: give the inputs as a list, or another iterable`,
    );
  }
  // Enough for ten short runs a second, which is what most accounts may create.
  const { concurrency = 16, store, dedupe } = options;
  wholeNumber(concurrency, "concurrency");
  if (store !== undefined && !isStore(store)) {
    throw new TypeError("Cannot use this as a store: it needs get, set and delete");
  }
  // With the id at once: what is left can be canceled, a store can keep it, and the rate limit, of
  // which the server tells in its answer, is known.
  const { wait = false, retry, headers } = options;
  // So that up to 125 that run take half of what an account may read: 25 times a second.
  const { interval = Math.min(Math.max(concurrency * 40, 500), 5000) } = options;
  const controller = new AbortController();
  const request = { retry, headers, signal: controller.signal };
  return {
    context,
    ref,
    parsed,
    inputs,
    options: { ...options, concurrency, wait, interval },
    policy: rerunPolicy(options.rerun),
    controller,
    request,
    pace: new BatchPace(inputs),
    ledger: store && new Ledger(store, { context, parsed, request }),
    nameOf: store || dedupe ? inputNames(parsed, options) : undefined,
    firsts: new Map(),
    broken,
  };
}

function isIterable(inputs: unknown): boolean {
  return typeof inputs === "object" && inputs !== null &&
    (Symbol.asyncIterator in inputs || Symbol.iterator in inputs);
}

function isStore(store: unknown): boolean {
  const { get, set, delete: remove } = (store ?? {}) as Record<string, unknown>;
  return [get, set, remove].every((method) => typeof method === "function");
}
