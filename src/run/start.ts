/** From a ref and options to a job of ours. */

import { uptime } from "../base/clock.ts";
import { retrace } from "../http/stack.ts";
import { encodeJob } from "../resources/create_job.ts";
import { isSalvaged } from "../resources/salvage.ts";
import { metered, meterOf } from "../resources/metered.ts";
import type { Prediction } from "../resources/predictions.ts";
import { checkPlan } from "./checked.ts";
import { createPrediction, type RunContext } from "./create.ts";
import { JobEngine } from "./engine.ts";
import { Lease } from "./lease.ts";
import type { StartOptions } from "./options.ts";
import { type RunPlan, runPlan } from "./plan.ts";
import { JobReader } from "./reader.ts";
import type { Ref } from "./ref.ts";
import { withoutSecrets } from "../resources/secrets.ts";

/** Starts a job of our own. Its lease is opened here. */
export async function startJob<R extends Ref>(
  context: RunContext,
  ref: R,
  options: StartOptions<R>,
  lease: Lease = new Lease(),
): Promise<JobEngine> {
  try {
    const plan = runPlan(ref, options, false);
    lease.open(plan);
    return await startPlan(context, await encodePlan(context, plan, lease), lease);
  } catch (error) {
    retrace(error, startJob, options?.signal);
    throw error;
  }
}

/** The plan with its input checked, and as it is sent: no create has to upload its files again. */
export async function encodePlan(
  context: RunContext,
  given: RunPlan,
  lease: Lease,
): Promise<RunPlan> {
  const meter = meterOf(context.send, given.job.meter);
  if (meter) await lease.during(() => meter.check(given.ref));
  const plan = await lease.during(() => checkPlan(context, given));
  const request = { ...plan.job.request, signal: lease.signal };
  const job = await lease.during(() =>
    encodeJob(context.send, { ...plan.job, request }, lease.deadline?.at)
  );
  return { ...plan, job };
}

/** Starts a job of an encoded plan, under a lease that is open. */
export async function startPlan(
  context: RunContext,
  plan: RunPlan,
  lease: Lease,
): Promise<JobEngine> {
  const { ref: { label }, check, interval } = plan;
  const send = metered(withoutSecrets(context.send, plan.redact), plan.job.meter);
  // A rerun has a lease of its own.
  const request = { ...plan.job.request, signal: lease.signal };
  const create = { ...plan, job: { ...plan.job, request } };
  const startedAt = uptime();
  let engine: JobEngine | undefined;
  // Ours from the moment at which its id is known: between that and the end of an `await` the caller may
  // leave.
  const own = (record: Prediction): void => {
    const reader = new JobReader(send, { id: record.id, request });
    const ours = { owned: true, label, check, interval, startedAt };
    engine = new JobEngine({ send, record, reader, lease, ...ours });
  };
  try {
    await lease.during(() =>
      createPrediction({ ...context, send }, create, lease.deadline?.at, own)
    );
    const job = engine!;
    if (isSalvaged(job.prediction)) await lease.during(() => job.poll());
    lease.unwatch();
    return job;
  } catch (error) {
    engine?.leave();
    throw error;
  }
}
