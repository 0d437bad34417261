/** The options of a run, checked and taken apart: made once, and handed down. */

import { wholeNumber } from "../base/check.ts";
import type { ModelCheck, Redact } from "../base/model_check.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { TimeoutError } from "../errors.ts";
import type { CheckOptions } from "../resources/checked_input.ts";
import { type JobRequest, jobRequest } from "../resources/create_job.ts";
import { type Deadline, deadlineIn } from "./lease.ts";
import type { RerunOptions, RunOptions } from "./options.ts";
import { checkOf, type ParsedRef, parseRef, type Ref } from "./ref.ts";

/** Everything that is known of a run before it begins. */
export interface RunPlan extends Readonly<CheckOptions> {
  readonly ref: ParsedRef;
  /** The check of the input, which knows how to read the output too, if there is one. */
  readonly check: ModelCheck | undefined;
  /** Hides the secrets of the input, if it has any. */
  readonly redact?: Redact | undefined;
  /** The request that creates the job, but for its signal. */
  readonly job: JobRequest;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
  readonly deadline: Deadline | undefined;
  /** Milliseconds between two polls; `undefined` adapts to the job. */
  readonly interval: number | undefined;
}

/** Seconds for which the server holds its first answer: few, as the job has no id for us until then. */
const HOLD = 10;

/**
 * Takes the options of a run apart. Its clock starts here.
 *
 * @param usual The seconds of the server's hold if `wait` does not say.
 * @throws {TypeError | RangeError} If the ref or an option cannot be used.
 */
export function runPlan<R extends Ref>(
  given: R,
  options: RunOptions<R>,
  usual: number | false = HOLD,
): RunPlan {
  const ref = parseRef(given);
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot run ${ref.label}: give its input, as in { input: { prompt: "..." } }`,
    );
  }
  const { input, wait, cancelAfter, signal, timeout, retry, headers, ...rest } = options;
  const { webhook, webhook_events_filter, fileEncoding, onUpload, onProgress } = rest;
  const mode = waitMode(wait, onProgress === undefined ? usual : false);
  const interval = options.interval ?? mode.interval;
  const create = { webhook, webhook_events_filter, fileEncoding, onUpload, retry, headers };
  return {
    ref,
    check: checkOf(given),
    validate: options.validate,
    coerce: options.coerce,
    job: jobRequest({ of: ref.label }, { input, wait: mode.hold, cancelAfter, ...create }),
    signal,
    deadline: deadlineIn(
      timeout === undefined ? undefined : toMs(timeout, "timeout", 1),
      (ms) =>
        new TimeoutError(`Cannot run ${ref.label}: it did not end within ${ms} ms (timeout)`, {
          phase: "deadline",
        }),
    ),
    interval: interval === undefined ? undefined : toMs(interval, "interval"),
  };
}

/** The seconds for which the server holds its answer, and the time between the polls after that. */
function waitMode(
  wait: RunOptions["wait"],
  usual: number | false,
): { hold: number | boolean; interval?: Duration | undefined } {
  if (wait === undefined) return { hold: usual };
  if (typeof wait === "boolean" || typeof wait === "number") return { hold: wait };
  if (wait?.mode === "block") return { hold: wait.timeout ?? HOLD, interval: wait.interval };
  if (wait?.mode === "poll") return { hold: false, interval: wait.interval };
  throw new TypeError(
    `Cannot use ${
      JSON.stringify(wait)
    } as wait: give seconds, true, false, { mode: "block" } or { mode: "poll" }`,
  );
}

/** {@linkcode RerunOptions} with every value known. */
export interface RerunPolicy {
  readonly attempts: number;
  readonly on: ReadonlySet<string>;
}

/**
 * The policy of `rerun`: by default, one attempt.
 *
 * @throws {TypeError | RangeError} If it cannot be used.
 */
export function rerunPolicy(rerun: RerunOptions | undefined): RerunPolicy {
  if (rerun === undefined) return { attempts: 1, on: new Set() };
  const { attempts, on } = rerun;
  wholeNumber(attempts, "rerun.attempts");
  const kinds = new Set<string>(on);
  for (const never of ["moderation", "input", "canceled"]) {
    if (kinds.has(never)) {
      throw new TypeError(`Cannot rerun after "${never}": it would only end the same way`);
    }
  }
  return { attempts, on: kinds };
}
