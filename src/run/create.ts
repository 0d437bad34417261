/** From a ref to a prediction: by the endpoint that fits, with a version where one is needed. */

import { uptime } from "../base/clock.ts";
import { path } from "../base/path.ts";
import { ApiError } from "../errors.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { cancelAfterHeader, type JobEndpoint, jobSpec } from "../resources/create_job.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Lease } from "./lease.ts";
import type { RunPlan } from "./plan.ts";
import { JobReader } from "./reader.ts";
import type { Versions } from "./versions.ts";

/** The things that runs share: those of one client, and of all that are derived from it. */
export interface RunContext {
  /** Sends requests. */
  readonly send: Send;
  /** The versions of models that are named without one, as far as they are known. */
  readonly versions: Versions;
}

/** Creates the prediction of an encoded plan, under the lease of its caller. */
export async function createPrediction(
  { send, versions }: RunContext,
  { ref, job }: RunPlan,
  lease: Lease,
): Promise<Prediction> {
  const left = lease.deadline === undefined ? {} : { "cancel-after": timeLeft(lease.deadline) };
  const headers = job.headers["cancel-after"] ? job.headers : { ...job.headers, ...left };
  const spec = { ...job, headers, request: { ...job.request, signal: lease.signal } };
  const create = (endpoint: JobEndpoint): Promise<Prediction> =>
    send(jobSpec(endpoint, spec, {
      deadline: lease.deadline,
      onOrphan: (answer) => cancelOrphan(send, answer, job.request),
    }));
  const createVersion = (version: string): Promise<Prediction> =>
    create({ path: "/predictions", body: { version } });

  if (ref.kind === "version") return await createVersion(ref.version);
  const { owner, name, label } = ref;
  if (ref.kind === "deployment") {
    return await create({ path: path`/deployments/${owner}/${name}/predictions` });
  }
  const known = await versions.of(send, ref, job.request);
  if (known) return await createVersion(known);
  try {
    const prediction = await create({ path: path`/models/${owner}/${name}/predictions` });
    versions.isOfficial(label);
    return prediction;
  } catch (error) {
    // This endpoint is for official models; for others it answers 404 and has created nothing.
    if (!(error instanceof ApiError && error.status === 404)) {
      versions.forget(label);
      throw error;
    }
    const version = await versions.lookUp(send, ref, job.request);
    if (!version) throw error;
    return await createVersion(version);
  }
}

/** The rest of the caller's time, for a server that is to stop the job if we cannot any more. */
function timeLeft(deadline: number): string {
  return cancelAfterHeader(deadline - uptime());
}

/** Cancels a prediction whose caller had left by the time it was created. */
function cancelOrphan(send: Send, answer: unknown, request: RequestOptions): void {
  const { id } = answer as Prediction;
  new JobReader(send, { id }, { request, fresh: true }).cancel().catch(() => {});
}
