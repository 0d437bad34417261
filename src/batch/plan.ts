/** The options of a batch, checked, and the objects that its inputs share. */

import { wholeNumber } from "../base/check.ts";
import type { RequestOptions } from "../http/types.ts";
import { type InputOf, parseRef, type Ref } from "../run/ref.ts";
import { type RerunPolicy, rerunPolicy } from "../run/plan.ts";
import type { RunContext } from "../run/create.ts";
import { inputKeys } from "./identity.ts";
import { Ledger } from "./ledger.ts";
import { BatchPace } from "./pace.ts";
import type { BatchInputs, BatchOptions } from "./types.ts";

/** Everything that the inputs of a batch share. */
export interface BatchPlan<R extends Ref> {
  readonly context: RunContext;
  readonly ref: R;
  readonly inputs: BatchInputs<InputOf<R>>;
  readonly options: BatchOptions<R> & { readonly concurrency: number };
  readonly policy: RerunPolicy;
  /** Ends everything that was started. */
  readonly controller: AbortController;
  /** The options of requests that are not those of a run. */
  readonly request: RequestOptions & { signal: AbortSignal };
  readonly pace: BatchPace;
  readonly ledger: Ledger | undefined;
  /** Makes the key of an input, where inputs have to be told from each other. */
  readonly keyOf: ReturnType<typeof inputKeys<R>> | undefined;
  /** Called when the store does not take a record: nothing more may be started. */
  readonly broken: (error: unknown) => void;
}

/**
 * The plan of a batch, with the defaults filled in.
 *
 * @param broken Called when the store fails.
 * @throws {TypeError | RangeError} If an option cannot be used.
 */
export function batchPlan<R extends Ref>(
  context: RunContext,
  ref: R,
  inputs: BatchInputs<InputOf<R>>,
  options: BatchOptions<R>,
  broken: (error: unknown) => void,
): BatchPlan<R> {
  const target = parseRef(ref);
  if (!isIterable(inputs)) {
    throw new TypeError(
      `Cannot run ${target.label}: give the inputs as a list, or another iterable`,
    );
  }
  // Enough for ten short runs a second, which is what most accounts may create.
  const { concurrency = 16, store, dedupe } = options;
  wholeNumber(concurrency, "concurrency");
  if (store !== undefined && !isStore(store)) {
    throw new TypeError("Cannot use this as a store: it needs get, set and delete");
  }
  // No hold, so that each answer comes at once: with an id that can be canceled and kept, and with the
  // headers of the rate limit.
  const { wait = false, retry, headers } = options;
  // Up to 125 runs then take half of the polls that an account has: 25 a second.
  const { interval = Math.min(Math.max(concurrency * 40, 500), 5000) } = options;
  const controller = new AbortController();
  const request = { retry, headers, signal: controller.signal };
  return {
    context,
    ref,
    inputs,
    options: { ...options, concurrency, wait, interval },
    policy: rerunPolicy(options.rerun),
    controller,
    request,
    pace: new BatchPace(inputs),
    ledger: store && new Ledger({ store, send: context.send, ref: target, request }),
    keyOf: store || dedupe ? inputKeys(target, options) : undefined,
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
