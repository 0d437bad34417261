/** What the inputs of a batch share, and how fast they get on. */

import { wholeNumber } from "../base/check.ts";
import type { RequestOptions } from "../http/types.ts";
import { type InputOf, type ParsedRef, parseRef, type Ref } from "../run/ref.ts";
import { rerunPolicy } from "../run/plan.ts";
import type { RunContext } from "../run/create.ts";
import { inputNames } from "./identity.ts";
import { Ledger } from "./ledger.ts";
import type { BatchInputs, BatchOptions, BatchProgress, BatchResult } from "./types.ts";

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
    ledger: store && new Ledger({ store, send: context.send, ref: parsed, request }),
    nameOf: store || dedupe ? inputNames(parsed, options) : undefined,
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

/** From how many of the last ones the rate is taken. */
const LAST = 64;

/** Counts what a batch has done, and how fast it is. */
export class BatchPace {
  readonly #total: number | undefined;
  #since = 0;
  #done = 0;
  #failed = 0;
  readonly #ends: number[] = [];

  /** The size of a list, an array or a set, is how many there are in all. */
  constructor(inputs: object) {
    const { length, size } = inputs as { length?: unknown; size?: unknown };
    this.#total = [length, size].find((count) => typeof count === "number");
  }

  /** A run has ended: an input is not settled from what is known. */
  ran(): void {
    this.#ends.push(Date.now());
    if (this.#ends.length > LAST) this.#since = this.#ends.shift() ?? 0;
  }

  /** An input is settled. Returns how many were before. */
  settled(status: BatchResult["status"]): number {
    if (status === "rejected") this.#failed++;
    return this.#done++;
  }

  /** How far it is, now that so many were taken. To be asked from the first one on. */
  progress(taken: number): BatchProgress {
    const now = Date.now();
    this.#since ||= now;
    const rate = now > this.#since ? this.#ends.length / (now - this.#since) * 1000 : 0;
    const done = this.#done;
    const total = this.#total;
    const left = total === undefined ? NaN : Math.max(0, total - done);
    const etaMs = left === 0 ? 0 : left / rate * 1000;
    return {
      done,
      failed: this.#failed,
      running: taken - done,
      total,
      rate,
      etaMs: Number.isFinite(etaMs) ? etaMs : undefined,
    };
  }
}
