/** From a ref and options to a job of ours. */

import { unlessAborted } from "../base/async.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { path } from "../base/path.ts";
import { ApiError, retrace, TimeoutError } from "../errors.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import {
  createJob,
  type CreateOptions,
  type EncodedInput,
  type JobTarget,
} from "../resources/create_job.ts";
import type { Prediction } from "../resources/predictions.ts";
import { JobEngine } from "./engine.ts";
import { Lease } from "./lease.ts";
import { JobReader } from "./reader.ts";
import { type InputOf, type ParsedRef, parseRef, type Ref } from "./ref.ts";
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

/** Starts a job of our own. */
export async function startJob<R extends Ref>(
  context: RunContext,
  ref: R,
  options: StartOptions<R> & { wait?: number | undefined },
  encoded: EncodedInput = {},
): Promise<JobEngine> {
  const parsed = parseRef(ref);
  const { signal, timeout, interval, wait, cancelAfter, ...rest } = required(options, parsed.label);
  const ms = timeout === undefined ? undefined : toMs(timeout, "timeout", 1);
  const every = interval === undefined ? undefined : toMs(interval, "interval");
  const { retry, headers, input, ...create } = rest;
  // The server's shortest is 5 s; ours, which may be shorter, ends the waiting on time.
  const limit = cancelAfter ?? (ms === undefined ? undefined : Math.max(ms, 5000));
  const request: RequestOptions = { retry, headers };
  const plan = { input, request, encoded, create: { ...create, wait, cancelAfter: limit } };
  const lease = new Lease({ signal, timeout: ms, timedOut: (ms) => late(parsed, ms) });
  const since = Date.now();
  try {
    lease.signal.throwIfAborted();
    const record = await unlessAborted(
      createPrediction(context, parsed, plan, lease),
      lease.signal,
    );
    const reader = new JobReader(context.send, { id: record.id, kind: "predictions" }, {
      request: { ...request, signal: lease.signal },
      fresh: true,
    });
    lease.unwatch();
    return new JobEngine({
      send: context.send,
      record,
      reader,
      lease,
      owned: true,
      label: parsed.label,
      interval: every,
      since,
    });
  } catch (error) {
    lease.close();
    retrace(error, startJob, signal);
    throw error;
  }
}

export function required<T>(options: T | undefined, label: string): T {
  if (typeof options === "object" && options !== null) return options;
  throw new TypeError(`Cannot run ${label}: give its input, as in { input: { prompt: "..." } }`);
}

function late({ label }: ParsedRef, ms: number): TimeoutError {
  return new TimeoutError(`Cannot run ${label}: it did not end within ${ms} ms (timeout)`, {
    phase: "deadline",
  });
}
