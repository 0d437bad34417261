/** `run()` to its end: ways to wait, progress, and reruns of what failed. */

import { unlessAborted } from "../base/async.ts";
import { wholeNumber } from "../base/check.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { type FailureKind, isTerminal, type Progress } from "../base/job.ts";
import type { EncodedInput } from "../resources/create_job.ts";
import type { Prediction } from "../resources/predictions.ts";
import { PredictionError } from "./errors.ts";
import type { OutputOf, Ref } from "./ref.ts";
import { required, type RunContext, startJob, type StartOptions, type WaitMode } from "./start.ts";

/** How a run ended. */
export interface Settled<O> {
  /** The output, with a `FileOutput` for each file. */
  output: O;
  /** The prediction as it ended. */
  prediction: Prediction;
}

/** Told of each change of a prediction, with the progress that its logs show. */
export type OnProgress = (
  prediction: Prediction,
  progress: Progress | null,
) => void | Promise<void>;

/** Running a failed job again. */
export interface RerunOptions {
  /** How often it is run at most, the first time included. */
  attempts: number;
  /** After which kinds of failure. `moderation` and `input` would only fail, and cost, again. */
  on: Exclude<FailureKind, "moderation" | "input" | "canceled">[];
}

/** What `run` takes. */
export interface RunOptions<R extends Ref = Ref> extends StartOptions<R> {
  /**
   * How to wait. By default the server holds its answer for 10 seconds, and is asked again and again
   * after that; with `onProgress` it is asked from the start. A number, or `true`, is a longer or
   * shorter hold in seconds (60 at most), `false` none.
   */
  wait?: WaitMode | boolean | number | undefined;
  /** Told of each change: at least when the prediction was created and when it ended. */
  onProgress?: OnProgress | undefined;
  /** Runs a failed job again. Default: never. */
  rerun?: RerunOptions | undefined;
  /**
   * When it is over: at the `"end"`, or, in block mode, as soon as the server's first answer has an
   * `"output"`. The latter saves a request, and has no metrics. Default `"end"`.
   */
  settle?: "end" | "output" | undefined;
}

/** For how long the server holds its first answer: short, as a job has no id that we know until then. */
const HOLD = 10;

/** Runs a ref to its end. */
export async function settleRun<R extends Ref>(
  context: RunContext,
  ref: R,
  options: RunOptions<R>,
): Promise<Settled<OutputOf<R>>> {
  const { rerun, timeout } = required(options, typeof ref === "string" ? ref : "a model");
  const policy = rerunPolicy(rerun);
  const until = timeout === undefined ? undefined : Date.now() + toMs(timeout, "timeout", 1);
  const encoded: EncodedInput = {};
  for (let attempt = 1;; attempt++) {
    const again = until !== undefined && attempt > 1;
    const left = again ? Math.max(1, until - Date.now()) : timeout;
    try {
      return await settleOnce(context, ref, { ...options, timeout: left }, encoded);
    } catch (error) {
      if (!(error instanceof PredictionError) || attempt >= policy.attempts) throw error;
      if (!policy.on.has(error.kind) || (until !== undefined && Date.now() >= until)) throw error;
    }
  }
}

async function settleOnce<R extends Ref>(
  context: RunContext,
  ref: R,
  { wait, onProgress, settle, rerun: _, ...start }: RunOptions<R>,
  encoded: EncodedInput,
): Promise<Settled<OutputOf<R>>> {
  const { hold, interval } = waitMode(wait, onProgress !== undefined);
  const options = { ...start, wait: hold, interval: start.interval ?? interval };
  const job = await startJob(
    context,
    ref,
    options as StartOptions<R> & { wait?: number },
    encoded,
  );
  try {
    for await (const record of job.changes()) {
      const prediction = record as Prediction;
      if (onProgress) {
        const progress = context.send.parts?.parseProgressFromLogs?.(prediction) ?? null;
        await unlessAborted(onProgress(prediction, progress), job.signal);
      }
      if (settle === "output" && hold !== undefined && !isTerminal(record) && hasOutput(record)) {
        job.detach();
        return { output: job.decoded() as OutputOf<R>, prediction };
      }
    }
    return { output: job.result() as OutputOf<R>, prediction: job.prediction as Prediction };
  } catch (error) {
    // The caller's own callback, or a connection that is gone for good: nobody waits any more.
    if (!(error instanceof PredictionError)) job.leave();
    throw error;
  }
}

function hasOutput({ output }: { output?: unknown }): boolean {
  return output !== null && output !== undefined && !(Array.isArray(output) && output.length === 0);
}

/** How long the server holds its answer, in seconds, and how often it is asked after that. */
function waitMode(
  wait: RunOptions["wait"],
  watched: boolean,
): { hold: number | undefined; interval: Duration | undefined } {
  if (wait === undefined) return { hold: watched ? undefined : HOLD, interval: undefined };
  if (wait === true) return { hold: 60, interval: undefined };
  if (wait === false) return { hold: undefined, interval: undefined };
  if (typeof wait === "number") return { hold: wait, interval: undefined };
  if (wait?.mode === "block") return { hold: wait.timeout ?? HOLD, interval: wait.interval };
  if (wait?.mode === "poll") return { hold: undefined, interval: wait.interval };
  throw new TypeError(
    `Cannot use ${
      JSON.stringify(wait)
    } as wait: give seconds, true, false, { mode: "block" } or { mode: "poll" }`,
  );
}

/** How often a failed run is run again, and after what. */
export function rerunPolicy(
  rerun: RerunOptions | undefined,
): { attempts: number; on: Set<string> } {
  if (rerun === undefined) return { attempts: 1, on: new Set() };
  const { attempts, on } = rerun;
  wholeNumber(attempts, "rerun.attempts");
  const kinds = new Set<string>(on);
  for (const never of ["moderation", "input", "canceled"]) {
    if (kinds.has(never)) {
      throw new TypeError(`Cannot rerun after "${never}": it would only end the same way`);
    }
  }
  return { attempts, on: kinds };
}
