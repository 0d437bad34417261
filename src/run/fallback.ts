/** `run()` of several refs: the next one answers where one fails. */

import { onAbort, signalOf } from "../base/async.ts";
import { checkChoices } from "../base/check.ts";
import { uptime } from "../base/clock.ts";
import type { Duration } from "../base/duration.ts";
import type { FailureKind } from "../base/job.ts";
import type { Parts } from "../http/types.ts";
import { checkJobOptions } from "../resources/create_job.ts";
import type { RunContext } from "./create.ts";
import { PredictionError } from "./errors.ts";
import { RUN_OPTIONS, type RunOptions } from "./options.ts";
import { RERUN_KINDS, type RunPlan, runPlan } from "./plan.ts";
import { timerMs } from "./reader.ts";
import type { InputOf, OutputOf, Ref } from "./ref.ts";
import { Run } from "./run.ts";
import { settleJobs, settleRun } from "./settle.ts";
import type { Settled } from "./settled.ts";
import { kept } from "./sink.ts";
import { codecOf } from "./views.ts";
import type { AbsentViews } from "./view_types.ts";

/** The options of `run` with several refs: those of `run`, and when the next ref takes over. */
export interface FallbackOptions<Rs extends readonly Ref[] = readonly Ref[]>
  extends RunOptions<Rs[0]> {
  /**
   * The kinds of failure after which the next ref is run. Any other error is thrown.
   * Default: `infrastructure`, `interrupted`, `memory` and `timeout`.
   */
  on?: Exclude<FailureKind, "canceled">[] | undefined;
  /** The input of each ref, made from `input`, in the order of the refs. Default: `input` itself. */
  map?: FallbackMap<Rs> | undefined;
  /**
   * The time after which the next ref is run beside those that have not ended. The first that succeeds
   * answers, and the others are canceled; until then more than one is billed. Default: never, the next ref
   * is run when the one before has failed. With it, `wait` is `false` by default.
   */
  hedge?: Duration | undefined;
}

/** Functions that make the input of each ref from that of the first. */
export type FallbackMap<Rs extends readonly Ref[]> = {
  readonly [K in keyof Rs]?: ((input: InputOf<Rs[0]>) => InputOf<Rs[K]>) | undefined;
};

/** The end of a run of several refs, told apart by `index`. */
export type FallbackAnswer<Rs extends readonly Ref[] = readonly Ref[]> = {
  [K in keyof Rs]: Settled<OutputOf<Rs[K]>> & {
    /** The place of the ref that has answered, from 0. */
    index: K extends `${infer N extends number}` ? N : number;
    /** The ref that has answered. */
    ref: Rs[K];
    /** The failures of others by then, in the order in which they came. */
    failures: PredictionError[];
  };
}[number];

/**
 * A promise of the output of the first of several refs that succeeds, with the views of {@linkcode Run}.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = () => {
 *   throw new Error("CUDA out of memory");
 * };
 * const models = { "acme/large": { run }, "acme/small": { run: () => "a fig" } };
 * await using fake = new FakeReplicate({ models });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const either = client.run(["acme/large", "acme/small"], { input: { prompt: "a fig" } });
 * assertEquals(await either, "a fig");
 * assertEquals((await either.answer()).ref, "acme/small");
 * ```
 */
export class FallbackRun<Rs extends readonly Ref[] = readonly Ref[]>
  extends Run<OutputOf<Rs[number]>> {
  readonly #answer: Promise<FallbackAnswer<Rs>>;

  /** @internal Runs come from `client.run()`. */
  constructor(answer: Promise<FallbackAnswer<Rs>>, parts?: Parts, signal?: AbortSignal) {
    super(answer as Promise<Settled<OutputOf<Rs[number]>>>, parts, signal);
    this.#answer = answer;
  }

  /** The end, with the ref that has answered, its output and prediction, and the failures of others. */
  answer(): Promise<FallbackAnswer<Rs>> {
    this.catch(() => {});
    return this.#answer;
  }
}

/** A {@linkcode FallbackRun}, without the views that the output of a ref never has. */
export type FallbackRunOf<Rs extends readonly Ref[]> = [FallbackAbsentViews<Rs[number]>] extends
  [never] ? FallbackRun<Rs>
  : Omit<FallbackRun<Rs>, FallbackAbsentViews<Rs[number]>>;

/** The views that one of the refs lacks. */
export type FallbackAbsentViews<R> = R extends unknown ? AbsentViews<OutputOf<R>> : never;

/** Runs a ref, or a list of them. */
export function runAny(
  context: RunContext,
  ref: Ref | readonly Ref[],
  options: RunOptions | FallbackOptions,
): Run {
  const { parts } = context.send;
  return Array.isArray(ref)
    ? new FallbackRun(settleFirst(context, ref, options), parts, options?.signal)
    : new Run(settleRun(context, ref as Ref, options), parts, options?.signal);
}

/** Runs refs until one succeeds. All options are checked before the first request. */
async function settleFirst(
  context: RunContext,
  refs: readonly Ref[],
  given: FallbackOptions,
): Promise<FallbackAnswer> {
  const action = "run one of several models";
  if (refs.length === 0) throw new TypeError(`Cannot ${action}: the list of models is empty`);
  checkJobOptions(given, [...RUN_OPTIONS, "on", "map", "hedge"], action);
  const { on = RERUN_KINDS.slice(0, 4), map = [], hedge, ...options } = given;
  checkChoices(on, [...RERUN_KINDS, "moderation", "input"], "on");
  if (!Array.isArray(map) || map.length > refs.length) {
    throw new TypeError(`Cannot ${action}: give map as a list of functions`);
  }
  const pause = timerMs(hedge, "hedge", 1);
  // While the server holds its answer there is no id to cancel a loser by.
  const { wait = pause === undefined ? undefined : false } = options;
  const plans = refs.map((ref, index) => {
    const make: ((input: object) => object) | undefined = map[index];
    const input = make ? make(options.input) : options.input;
    return runPlan(ref, { ...options, wait, input });
  });
  const { sink, signal } = options;
  if (sink) codecOf(context.send.parts);
  const first = race(context, refs, plans, on, pause);
  return await kept(await first, sink, { signal });
}

/** `pause` is the milliseconds until the next one is run beside the others; `undefined` for never. */
function race(
  context: RunContext,
  refs: readonly Ref[],
  plans: readonly RunPlan[],
  on: readonly FailureKind[],
  pause: number | undefined,
): Promise<FallbackAnswer> {
  const { signal: given, deadline } = plans[0]!;
  const signal = signalOf(given);
  const leaving = new AbortController();
  const failures: PredictionError[] = [];
  let next = 0;
  let running = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new Promise((resolve, reject) => {
    const unlisten = onAbort(signal, () => leaving.abort(signal?.reason));
    const end = (): void => {
      clearTimeout(timer);
      unlisten();
      leaving.abort();
    };
    const start = (): void => {
      const index = next++;
      running++;
      if (pause !== undefined && next < plans.length) timer = setTimeout(start, pause);
      settleJobs(context, { ...plans[index]!, signal: leaving.signal }).then(
        (settled) => {
          end();
          resolve({ ...settled, index, ref: refs[index], failures } as FallbackAnswer);
        },
        (error) => {
          running--;
          const isOver = leaving.signal.aborted || (deadline && uptime() >= deadline.at);
          if (!isOver && error instanceof PredictionError && on.includes(error.kind)) {
            error.cause ??= failures.at(-1);
            failures.push(error);
            if (running > 0) return;
            clearTimeout(timer);
            if (next < plans.length) return start();
          }
          end();
          reject(error);
        },
      );
    };
    start();
  });
}
