/** `run()` to its end: waiting, progress, and reruns of jobs that failed. */

import { unlessAborted } from "../base/async.ts";
import { meterOf } from "../resources/metered.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { RunContext } from "./create.ts";
import { PredictionError } from "./errors.ts";
import { Lease } from "./lease.ts";
import type { RunOptions } from "./options.ts";
import { type RunPlan, runPlan } from "./plan.ts";
import type { OutputOf, Ref } from "./ref.ts";
import type { Settled } from "./settled.ts";
import { kept } from "./sink.ts";
import { encodePlan, startPlan } from "./start.ts";
import { codecOf } from "./views.ts";

/** Runs a ref to its end, and keeps the files of its output if there is a sink. */
export async function settleRun<R extends Ref>(
  context: RunContext,
  ref: R,
  options: RunOptions<R>,
): Promise<Settled<OutputOf<R>>> {
  const given = runPlan(ref, options);
  const { sink, signal } = options;
  if (sink) codecOf(context.send.parts);
  return await kept(await settleJobs<OutputOf<R>>(context, given), sink, { signal });
}

/** Runs a plan to the end of the last job that it takes. */
export async function settleJobs<O>(context: RunContext, given: RunPlan): Promise<Settled<O>> {
  const { attempts, on } = given.rerun;
  let lease = new Lease(given);
  const plan = await encodePlan(context, given, lease);
  for (let attempt = 1;; attempt++) {
    try {
      return await settleOnce(context, plan, lease);
    } catch (error) {
      const mayRerun = error instanceof PredictionError && on.has(error.kind);
      if (!mayRerun || attempt >= attempts || lease.expired) throw error;
    }
    lease = new Lease(plan);
  }
}

/** Runs a plan to the end of one job. */
async function settleOnce<O>(
  context: RunContext,
  plan: RunPlan,
  lease: Lease,
): Promise<Settled<O>> {
  const { onProgress, settle } = plan;
  const engine = await startPlan(context, plan, lease);
  // An answer that comes before the end has no metrics to count by.
  const { hold, meter } = plan.job;
  const endsEarly = settle === "output" && hold > 0 && !meterOf(context.send, meter);
  try {
    for await (const record of engine.changes()) {
      const prediction = record as Prediction;
      if (onProgress) {
        const progress = context.send.parts?.parseProgressFromLogs?.(prediction) ?? null;
        await unlessAborted(onProgress(prediction, progress), lease.signal);
      }
      if (endsEarly && !engine.ended && hasOutput(record)) {
        engine.detach();
        return { output: engine.decoded() as O, prediction };
      }
    }
    return { output: engine.result() as O, prediction: engine.prediction as Prediction };
  } catch (error) {
    // The caller's own callback, or a connection that is gone for good: nobody waits any more.
    if (!(error instanceof PredictionError)) engine.leave();
    throw error;
  }
}

function hasOutput({ output }: { output?: unknown }): boolean {
  return output !== null && output !== undefined && !(Array.isArray(output) && output.length === 0);
}
