/** The options of a batch, checked, and the objects that its inputs share. */

import { signalOf } from "../base/async.ts";
import { checkFunction, choice, wholeNumber } from "../base/check.ts";
import { checkMeter, checkTag } from "../base/meter.ts";
import type { RequestOptions } from "../http/types.ts";
import { checkJobOptions } from "../resources/create_job.ts";
import { RUN_OPTIONS, type RunOptions } from "../run/options.ts";
import { type InputOf, parseRef, type Ref } from "../run/ref.ts";
import { checkSink } from "../run/sink.ts";
import { codecOf } from "../run/views.ts";
import { type RerunPolicy, rerunPolicy } from "../run/plan.ts";
import type { RunContext } from "../run/create.ts";
import { can } from "../files/kind.ts";
import { inputKeys } from "./identity.ts";
import { batchLedger, type Ledger } from "./ledger.ts";
import { type BatchPace, batchPace } from "./pace.ts";
import type { BatchInputs, BatchOptions } from "./types.ts";

/** The inputs of a batch, while they are read. */
export type InputIterator<R extends Ref> = AsyncIterator<InputOf<R>> | Iterator<InputOf<R>>;

/** Everything that the inputs of a batch share. */
export interface BatchPlan<R extends Ref> {
  readonly context: RunContext;
  readonly ref: R;
  /** Begins to read the inputs. */
  readonly open: () => InputIterator<R>;
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
  const action = `run ${target.label}`;
  const open = openerOf(inputs);
  if (!open) {
    throw new TypeError(`Cannot ${action}: give a list of inputs, or another iterable`);
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot ${action}: give the options as an object`);
  }
  checkJobOptions(options, KEYS, action);
  // No hold, so that each answer comes at once: with an id that can be canceled and kept, and with the
  // headers of the rate limit. A concurrency of 16 is enough for ten short runs a second, which is what
  // most accounts may create.
  const { wait = false, concurrency = 16, ordered = false, dedupe = false, ...given } = options;
  const { key, tag, store, sink, signal, onProgress, onInputsError = "finish", ...each } = given;
  wholeNumber(concurrency, "concurrency");
  choice(ordered, FLAGS, "ordered");
  choice(dedupe, FLAGS, "dedupe");
  choice(onInputsError, ["finish", "cancel"], "onInputsError");
  checkFunction(key, "key");
  checkFunction(onProgress, "onProgress");
  checkMeter(each.meter);
  if (typeof tag !== "function") checkTag(tag);
  checkSink(sink);
  if (sink) codecOf(context.send.parts);
  if (store !== undefined && !METHODS.every((name) => can(store ?? {}, name))) {
    throw new TypeError("Cannot use this as a store: it needs get, set and delete");
  }
  const { retry, headers } = each;
  // Up to 125 runs then take half of the polls that an account has: 25 a second.
  const { interval = Math.min(Math.max(concurrency * 40, 500), 5000) } = each;
  const controller = new AbortController();
  const request = { retry, headers, signal: controller.signal };
  return {
    context,
    ref,
    open,
    options: { ...options, concurrency },
    runOptions: { ...each, wait, interval } as Partial<RunOptions<R>>,
    signal: signalOf(signal),
    policy: rerunPolicy(each.rerun),
    controller,
    request,
    pace: batchPace(inputs),
    ledger: store && batchLedger({ store, send: context.send, ref: target, request }),
    keyOf: store || dedupe ? inputKeys(target, options) : undefined,
    broken,
  };
}

const KEYS: readonly string[] = /* @__PURE__ */ RUN_OPTIONS.filter((name) =>
  !/^(input|settle)$/.test(name)
).concat("key", "ordered", "dedupe", "concurrency", "store", "onInputsError");

const FLAGS = [true, false];

/** The methods of a store. */
const METHODS = ["get", "set", "delete"];

/** Text is iterable as well, and no list of inputs. */
function openerOf<R extends Ref>(
  inputs: BatchInputs<InputOf<R>>,
): (() => InputIterator<R>) | undefined {
  if (typeof inputs !== "object" || inputs === null) return undefined;
  if (Symbol.asyncIterator in inputs) return () => inputs[Symbol.asyncIterator]();
  if (Symbol.iterator in inputs) return () => inputs[Symbol.iterator]();
}
