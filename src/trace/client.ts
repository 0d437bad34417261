/** The shape of the client that is traced. */

import type { BatchInputs, BatchOptions, BatchResults } from "../batch/types.ts";
import type { ClientOptions } from "../http/options.ts";
import type { EventStream } from "../run/event_stream.ts";
import type { Job } from "../run/job.ts";
import type { OnProgress, RunOptions, StartOptions } from "../run/options.ts";
import type { Ref } from "../run/ref.ts";
import type { ResumeOptions, SavedJob } from "../run/resume.ts";
import type { Run } from "../run/run.ts";
import type { StreamOptions, StreamSource } from "../run/streamed_job.ts";

/** The methods of a client that tracing wraps. A `Client` has them. */
export interface TraceClient {
  /** The options in force. */
  readonly options: Readonly<ClientOptions>;
  /** Another client with some options changed. */
  with(patch: ClientOptions): TraceClient;
  /** Changes options for calls that start from now on. */
  configure(patch: Pick<ClientOptions, "retry" | "timeout">): unknown;
  /** Runs a model to its end. */
  run(ref: Ref, options: RunOptions, onProgress?: OnProgress): Run;
  /** Starts a model. */
  start(ref: Ref, options: StartOptions): Promise<Job>;
  /** A handle on a job that exists. */
  resume(saved: SavedJob, ref?: Ref, options?: ResumeOptions): Promise<Job>;
  /** Runs a model for each of many inputs. */
  batch(ref: Ref, inputs: BatchInputs, options?: BatchOptions): BatchResults;
  /** The events of a run. */
  stream(what: Ref | StreamSource, options?: StreamOptions | ResumeOptions): EventStream;
}
