import type { Duration } from "../duration.ts";
import { ApiError } from "../errors.ts";
import { path } from "../path.ts";
import type { RequestOptions, Send } from "../request.ts";
import {
  createJob,
  type CreateOptions,
  type EncodedInput,
  type JobTarget,
} from "../resources/create_job.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Lease } from "./lease.ts";
import { JobReader } from "./poll.ts";
import type { InputOf, ParsedRef, Ref } from "./ref.ts";
import type { Versions } from "./versions.ts";

/** How `run` waits: the server holds its answer for so many seconds, or it is asked again and again. */
export type WaitMode =
  | { mode: "block"; /** Seconds, 1 to 60. */ timeout?: number; interval?: Duration }
  | { mode: "poll"; interval?: Duration };

/** What `start` takes. */
export interface StartOptions<R extends Ref = Ref>
  extends Omit<CreateOptions, "input" | "timeout" | "wait"> {
  /** What the model is given. Files may be anywhere inside. */
  input: InputOf<R>;
  /**
   * One deadline for everything: uploads, creating, waiting and retries. The server is told as well
   * (`Cancel-After`), so that a process that dies leaves nothing running. Default: none.
   */
  timeout?: Duration | undefined;
  /** How long between two looks at the job. Default: a tenth of the time it has run, 50 ms to 3 s. */
  interval?: Duration | undefined;
}

/** What making jobs needs to know; shared by a client and all that are derived from it. */
export interface RunContext {
  /** What sends requests. */
  readonly send: Send;
  /** What was learned of models that are named without a version. */
  readonly versions: Versions;
}

/** Options in milliseconds, and without those of ours that no request knows. */
export interface StartPlan {
  input: object;
  create: Omit<CreateOptions, "input" | "signal">;
  request: RequestOptions;
  /** Shared by all tries of one run. */
  encoded: EncodedInput;
}

/** Creates the prediction of a ref, in the lease of its caller. */
export async function createPrediction(
  { send, versions }: RunContext,
  ref: ParsedRef,
  plan: StartPlan,
  lease: Lease,
): Promise<Prediction> {
  const request = { ...plan.request, signal: lease.signal };
  const create = (target: Pick<JobTarget, "path" | "body">): Promise<Prediction> =>
    createJob<Prediction>(send, {
      ...target,
      of: ref.label,
      deadline: lease.deadline,
      encoded: plan.encoded,
      onOrphan: (answer) => cancelOrphan(send, answer, plan.request),
    }, { ...plan.create, ...request, input: plan.input });
  const createVersion = (version: string): Promise<Prediction> =>
    create({ path: "/predictions", body: { version } });

  if (ref.kind === "version") return await createVersion(ref.version);
  const { owner, name, label } = ref;
  if (ref.kind === "deployment") {
    return await create({ path: path`/deployments/${owner}/${name}/predictions` });
  }
  const byName = (): Promise<Prediction> =>
    create({ path: path`/models/${owner}/${name}/predictions` });
  const version = await versions.of(send, ref, plan.request);
  if (version) return await createVersion(version);
  try {
    const prediction = await byName();
    versions.isOfficial(label);
    return prediction;
  } catch (error) {
    // This route is for official models; for others it answers 404 and has created nothing.
    if (!(error instanceof ApiError && error.status === 404)) {
      versions.forget(label);
      throw error;
    }
    const version = await versions.lookUp(send, ref, plan.request);
    if (!version) throw error;
    return await createVersion(version);
  }
}

/** Cancels what was created for a caller who had left by then. */
function cancelOrphan(send: Send, answer: unknown, request: RequestOptions): void {
  const { id } = answer as Prediction;
  new JobReader(send, { id }, { request, fresh: true }).cancel().catch(() => {});
}
