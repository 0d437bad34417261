/** From a ref to a prediction: by the endpoint that fits, with a version where one is needed. */

import { uptime } from "../base/clock.ts";
import { path } from "../base/path.ts";
import type { Send } from "../http/types.ts";
import {
  cancelAfterHeader,
  type JobEndpoint,
  jobSpec,
  withVersionAdvice,
} from "../resources/create_job.ts";
import { isMissing } from "../resources/missing.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { LostCreates } from "./lost.ts";
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
 * Creates the prediction of an encoded plan.
 *
 * @param deadline The moment by which it must have ended, by the clock of durations.
 * @param onAnswer Called at the moment at which it is known, also when the caller has left by then.
 */
export async function createPrediction(
  { send, versions, lost }: RunContext,
  { ref, job, onLostCreate }: RunPlan,
  deadline: number | undefined,
  onAnswer: (prediction: Prediction) => void,
): Promise<void> {
  const headers = { ...job.headers };
  // The rest of the caller's time, for a server that is to stop the job if we cannot any more.
  if (deadline !== undefined) headers["cancel-after"] ??= cancelAfterHeader(deadline - uptime());
  const create = async (endpoint: JobEndpoint): Promise<void> => {
    const spec = {
      ...jobSpec(endpoint, job),
      headers,
      deadline,
      onAnswer: (answer: unknown) => onAnswer(answer as Prediction),
    };
    try {
      await (lost ? lost.send(send, spec, ref, onLostCreate) : send(spec));
    } catch (error) {
      throw withVersionAdvice(error, endpoint.body?.version);
    }
  };
  const createVersion = (version: string): Promise<void> =>
    create({ path: "/predictions", body: { version } });

  if (ref.kind === "version") return await createVersion(ref.version);
  const { owner, name, label } = ref;
  if (ref.kind === "deployment") {
    return await create({ path: path`/deployments/${owner}/${name}/predictions` });
  }
  const known = await versions.of(send, ref, job.request);
  if (known) return await createVersion(known);
  try {
    await create({ path: path`/models/${owner}/${name}/predictions` });
    versions.learn(label, undefined);
  } catch (error) {
    // This endpoint is for official models; for others it answers 404 and has created nothing.
    if (!isMissing(error)) {
      versions.forget(label);
      throw error;
    }
    const version = await versions.lookUp(send, ref, job.request);
    if (!version) throw error;
    return await createVersion(version);
  }
}
