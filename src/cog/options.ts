/** The options of `cog`, and of the wait for its server. */

import type { Duration } from "../base/duration.ts";
import type { Fetch } from "../http/options.ts";

/** Options of `cog`. */
export interface CogOptions {
  /**
   * The number of predictions that the server runs at once: `@cog.concurrent(max=N)`. Others wait,
   * with the status `starting`. Default 1.
   */
  concurrency?: number | undefined;
  /**
   * The address at which the server reaches `handle`, for progress while a prediction runs, such as
   * `http://host.docker.internal:8788`. Default: none; then progress is there only for models that
   * stream (`@cog.streaming`).
   */
  webhook?: string | URL | undefined;
  /** Headers for every request to the server. Default: none. */
  headers?: HeadersInit | undefined;
  /** The function that sends requests. Default: one of the runtime's that has no time limits. */
  fetch?: Fetch | undefined;
}

/** Options of the wait for a server that is ready. */
export interface ReadyOptions {
  /** The longest wait. Default `"10m"`. */
  timeout?: Duration | undefined;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
}
