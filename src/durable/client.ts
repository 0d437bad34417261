/** The shape of the client that durable runs use. */

import type { Page } from "../resources/pages.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Job } from "../run/job.ts";
import type { StartOptions } from "../run/options.ts";
import type { Ref } from "../run/ref.ts";

/** The methods of a client that durable runs use. A `Client` has them. */
export interface DurableClient {
  /** Starts a model. */
  start(ref: Ref, options: StartOptions): Promise<Job>;
  /** A handle on a job that exists. */
  resume(id: string): Promise<Job>;
  /** Sends a request to the API. */
  request(path: string): Promise<Response>;
  /** The list of predictions. */
  readonly predictions: {
    /** Lists predictions, newest first. */
    list(
      options: { created_after: Date },
    ): AsyncIterable<Prediction> & PromiseLike<Page<Prediction>>;
  };
}
