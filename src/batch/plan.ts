/** The options of a batch, checked, and the objects that its inputs share. */

import { signalOf } from "../base/async.ts";
import { checkFunction, choice, wholeNumber } from "../base/check.ts";
import { checkMeter } from "../base/meter.ts";
import { shown } from "../base/text.ts";
import type { RequestOptions } from "../http/types.ts";
import { checkJobOptions } from "../resources/create_job.ts";
import { RUN_OPTIONS, type RunOptions } from "../run/options.ts";
import { type InputOf, parseRef, type Ref } from "../run/ref.ts";
import { checkSink } from "../run/sink.ts";
import { codecOf } from "../run/views.ts";
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
  /** The options of each run. */
  readonly runOptions: Partial<RunOptions<R>>;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
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
  checkOptions(options, `run ${target.label}`);
  if (options.sink) codecOf(context.send.parts);
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
    options: { ...options, concurrency },
    runOptions: { ...runOptionsOf(options), wait, interval },
    signal: signalOf(options.signal),
    policy: rerunPolicy(options.rerun),
    controller,
    request,
    pace: new BatchPace(inputs),
    ledger: store && new Ledger({ store, send: context.send, ref: target, request }),
    keyOf: store || dedupe ? inputKeys(target, options) : undefined,
    broken,
  };
}

/** The options of a batch that are those of each of its runs. */
const RUN_KEYS: readonly string[] = /* @__PURE__ */ RUN_OPTIONS.filter((name) =>
  !/^(?:input|onProgress|settle|signal|sink|tag)$/.test(name)
);

const FUNCTIONS = ["key", "onProgress"] as const;
const FLAGS = ["ordered", "dedupe"] as const;
const KEYS: readonly string[] = /* @__PURE__ */ RUN_KEYS.concat(
  FUNCTIONS,
  FLAGS,
  "signal",
  "sink",
  "concurrency",
  "store",
  "tag",
  "onInputsError",
);

function checkOptions<R extends Ref>(options: BatchOptions<R>, action: string): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot ${action}: give the options of a batch as an object`);
  }
  checkJobOptions(options, KEYS, action);
  const { meter, tag, onInputsError } = options;
  for (const name of FUNCTIONS) checkFunction(options[name], name);
  for (const name of FLAGS) {
    const flag = options[name];
    if (flag === undefined || typeof flag === "boolean") continue;
    throw new TypeError(`Cannot use ${shown(flag)} as ${name}: give true or false`);
  }
  checkSink(options.sink);
  if (onInputsError !== undefined) choice(onInputsError, ["finish", "cancel"], "onInputsError");
  checkMeter(meter, typeof tag === "function" ? undefined : tag);
}

function runOptionsOf<R extends Ref>(options: BatchOptions<R>): Partial<RunOptions<R>> {
  const entries = Object.entries(options).filter(([name]) => RUN_KEYS.includes(name));
  return Object.fromEntries(entries) as Partial<RunOptions<R>>;
}

function isIterable(inputs: unknown): boolean {
  return typeof inputs === "object" && inputs !== null &&
    (Symbol.asyncIterator in inputs || Symbol.iterator in inputs);
}

function isStore(store: unknown): boolean {
  const { get, set, delete: remove } = (store ?? {}) as Record<string, unknown>;
  return [get, set, remove].every((method) => typeof method === "function");
}
