/** The options of `run` and `start`: their types, and their names. */

import type { Duration } from "../base/duration.ts";
import type { FailureKind, Progress } from "../base/job.ts";
import type { CheckOptions } from "../resources/checked_input.ts";
import { type CreateOptions, JOB_OPTIONS } from "../resources/create_job.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { InputOf, Ref } from "./ref.ts";
import type { Sink } from "./sink.ts";

/** The way that `run` waits: the server holds its first answer, or it is polled from the start. */
export type WaitMode =
  | { mode?: "block"; /** Seconds, 1 to 60. Default 10. */ timeout?: number; interval?: Duration }
  | { mode: "poll"; interval?: Duration };

/** The options of `start`. */
export interface StartOptions<R extends Ref = Ref>
  extends Omit<CreateOptions, "input" | "timeout" | "wait">, CheckOptions {
  /** The model's input. Files may be anywhere inside. */
  input: InputOf<R>;
  /**
   * One deadline for everything: uploads, creating, waiting and retries. The server is told as well
   * (`Cancel-After`), so that a process that dies leaves nothing running. Default: none.
   */
  timeout?: Duration | undefined;
  /** The time between two polls. Default: a tenth of the time the job has run, 50 ms to 3 s. */
  interval?: Duration | undefined;
  /**
   * The reaction to a create whose answer is lost, so that the prediction may exist: `"throw"` the error,
   * or `"adopt"` the only prediction of that moment that has the same model and input, if there is just one.
   * Default `"throw"`.
   */
  onLostCreate?: "throw" | "adopt" | undefined;
}

/**
 * Called with each change of a prediction, and the progress that its logs show. A promise that it returns
 * is awaited before the next change is told, unless a deadline or an abort ends the run meanwhile.
 */
export type OnProgress = (prediction: Prediction, progress: Progress | null) => unknown;

/** The rule by which `run` runs a failed job again. */
export interface RerunOptions {
  /** The most runs there may be, the first one included. */
  attempts: number;
  /** The kinds of failure to run again after. `moderation` and `input` would only fail again. */
  on: Exclude<FailureKind, "moderation" | "input" | "canceled">[];
}

/** The options of `run`. */
export interface RunOptions<R extends Ref = Ref> extends StartOptions<R> {
  /**
   * The way to wait. By default the server holds its answer for 10 seconds, and is polled after that;
   * with `onProgress` it is polled from the start. A number is another hold in seconds (60 at most),
   * `true` is 60, `false` none.
   */
  wait?: WaitMode | boolean | number | undefined;
  /** Called with each change: at least when the prediction was created and when it ended. */
  onProgress?: OnProgress | undefined;
  /** The rule by which a failed job is run again. Default: never. */
  rerun?: RerunOptions | undefined;
  /**
   * The moment at which the run is over: the `"end"` of the job, or, in block mode, the server's first
   * answer that has an `"output"`. The latter saves a request, and has no metrics; with a `meter`, which
   * counts by them, it is taken as `"end"`. Default `"end"`.
   */
  settle?: "end" | "output" | undefined;
  /**
   * Keeps each file of the output before the run is over, so that each has its place as `file.stored`.
   * `timeout` counts until the job has ended, and no further. Default: files are left at Replicate, which
   * deletes them after an hour.
   */
  sink?: Sink | undefined;
}

/** The names of {@linkcode StartOptions}. */
export const START_OPTIONS: readonly string[] = /* @__PURE__ */ JOB_OPTIONS.concat(
  "cancelAfter",
  "interval",
  "onLostCreate",
  "validate",
  "coerce",
);

/** The names of {@linkcode RunOptions}. */
export const RUN_OPTIONS: readonly string[] = /* @__PURE__ */ START_OPTIONS.concat(
  "wait",
  "onProgress",
  "rerun",
  "settle",
  "sink",
);
