/** From a ref to a prediction: by the endpoint that fits, with a version where one is needed. */

import { uptime } from "../base/clock.ts";
import { path } from "../base/path.ts";
import { ApiError } from "../errors.ts";
import type { Send } from "../http/types.ts";
import {
  cancelAfterHeader,
  type JobEndpoint,
  jobSpec,
  withVersionAdvice,
} from "../resources/create_job.ts";
import { salvaged } from "../resources/salvage.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Lease } from "./lease.ts";
import { type LostCreates, maybeAccepted, wasAccepted } from "./lost.ts";
import type { RunPlan } from "./plan.ts";
import type { Versions } from "./versions.ts";

/** The things that runs share: those of one client, and of all that are derived from it. */
export interface RunContext {
  /** Sends requests. */
  readonly send: Send;
  /** The versions of models that are named without one, as far as they are known. */
  readonly versions: Versions;
  /** The creates that are under way, to find the prediction of one whose answer is lost. */
  readonly lost?: LostCreates | undefined;
}

/**
 * Creates the prediction of an encoded plan, under the lease of its caller.
 *
 * @param onAnswer Called at the moment at which it is known, also when the caller has left by then.
 */
export async function createPrediction(
  { send, versions, lost }: RunContext,
  { ref, job, onLostCreate }: RunPlan,
  lease: Lease,
  onAnswer: (prediction: Prediction) => void,
): Promise<void> {
  const left = lease.deadline === undefined ? {} : { "cancel-after": timeLeft(lease.deadline) };
  const headers = job.headers["cancel-after"] ? job.headers : { ...job.headers, ...left };
  const spec = { ...job, headers, request: { ...job.request, signal: lease.signal } };
  const create = async (endpoint: JobEndpoint): Promise<void> => {
    const flight = lost?.begin(ref, job.body.input);
    const own = (record: Prediction): void => {
      lost?.know(record.id);
      onAnswer(record);
    };
    try {
      await send(jobSpec(endpoint, spec, {
        deadline: lease.deadline,
        onAnswer: (answer) => own(answer as Prediction),
      }));
    } catch (error) {
      const isLost = onLostCreate === "adopt" ? maybeAccepted(error) : wasAccepted(error);
      // Who left has the answer's own way to the cancel.
      if (!flight || !isLost || lease.signal.aborted) throw error;
      // Also when the caller leaves meanwhile, as it has to be canceled then.
      const found = await lost?.find(send, flight, job.request).catch(() => undefined);
      if (found === undefined) throw error;
      own(salvaged(found) as Prediction);
    } finally {
      if (flight) lost?.end(flight);
    }
  };
  const createVersion = async (version: string): Promise<void> => {
    try {
      await create({ path: "/predictions", body: { version } });
    } catch (error) {
      throw withVersionAdvice(error, version);
    }
  };

  if (ref.kind === "version") return await createVersion(ref.version);
  const { owner, name, label } = ref;
  if (ref.kind === "deployment") {
    await create({ path: path`/deployments/${owner}/${name}/predictions` });
    return;
  }
  const known = await versions.of(send, ref, job.request);
  if (known) return await createVersion(known);
  try {
    await create({ path: path`/models/${owner}/${name}/predictions` });
    versions.isOfficial(label);
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
