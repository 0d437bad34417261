/** The shape of the client that a provider runs models with. */

import type { Job } from "../run/job.ts";
import type { Ref } from "../run/ref.ts";
import type { Run } from "../run/run.ts";
import type { RunEvent } from "../run/run_event.ts";

/** The options of a run, as the provider gives them. */
export interface AiRunOptions {
  /** The input. */
  input: Record<string, unknown>;
  /** Cancels the prediction when it aborts. */
  signal?: AbortSignal | undefined;
  /** Headers for the requests. */
  headers?: Record<string, string> | undefined;
}

/** The methods of a client that the provider uses. A `Client` has them. */
export interface AiClient {
  /** Runs a model to its end. */
  run(ref: Ref, options: AiRunOptions & { wait?: number }): Run;
  /** Starts a model. */
  start(ref: Ref, options: AiRunOptions): Promise<Job>;
  /** The events of a job. */
  stream(job: Job): AsyncIterable<RunEvent>;
  /** Sends a request to the API. */
  request(path: string): Promise<Response>;
}
