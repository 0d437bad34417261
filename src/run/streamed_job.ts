/** The job behind a stream: one that the stream starts, or one that exists. */

import { onAbort, unlessAborted } from "../base/async.ts";
import type { RunContext } from "./create.ts";
import type { JobEngine } from "./engine.ts";
import { engineOf, Job } from "./job.ts";
import type { Lease } from "./lease.ts";
import type { StartOptions } from "./options.ts";
import type { JobRecord } from "./reader.ts";
import type { Ref } from "./ref.ts";
import { resumeJob, type ResumeOptions } from "./resume.ts";
import { startJob } from "./start.ts";

/** The options of `stream` for a model that it runs. */
export type StreamOptions<R extends Ref = Ref> = StartOptions<R>;

/** A job that exists already, for `stream`. */
export type StreamSource = Job | JobRecord;

/** The job of a stream, and the way to let it go. */
export interface StreamedJob {
  readonly engine: JobEngine;
  /** Lets the job go. A job that the stream started is canceled, unless the stream came to its end. */
  release(ended: boolean): void;
}

/** Starts the job of a stream, or finds it, under the stream's lease. */
export async function openJob<R extends Ref>(
  context: RunContext,
  what: R | StreamSource,
  options: StreamOptions<R> | ResumeOptions,
  lease: Lease,
): Promise<StreamedJob> {
  if (what instanceof Job) return borrow(engineOf(what), options, lease);
  const engine = typeof what === "object" && "id" in what
    ? await resume(context, what, options, lease)
    : await startJob(context, what, options as StreamOptions<R>, lease);
  return { engine, release: (ended) => ended ? engine.detach() : engine.leave() };
}

/** Watches a job whose stream is complete to its end: its record alone has the metrics to count it by. */
export async function seeEnd(engine: JobEngine, signal: AbortSignal): Promise<void> {
  try {
    if (!engine.ended) await unlessAborted(engine.poll(), signal);
    for await (const _ of engine.changes(signal)) { /* The meter sees each of them. */ }
  } catch { /* The caller has all of the stream; the meter knows that the end was not seen. */ }
}

async function resume(
  { send }: RunContext,
  record: JobRecord,
  options: ResumeOptions,
  lease: Lease,
): Promise<JobEngine> {
  lease.open(options);
  return await resumeJob(send, record, options, lease);
}

/** A job that was handed in stays under the lease of its owner, who alone cancels it. */
function borrow(engine: JobEngine, options: ResumeOptions, lease: Lease): StreamedJob {
  lease.open(options);
  lease.signal.throwIfAborted();
  const unlisten = onAbort(engine.signal, () => lease.leave(engine.signal.reason));
  const release = (): void => {
    unlisten();
    lease.close();
  };
  return { engine, release };
}
