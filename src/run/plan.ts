/** The options of a run, checked and taken apart: made once, and handed down. */

import { checkChoices, checkFunction, checkKeys, choice, wholeNumber } from "../base/check.ts";
import type { Duration } from "../base/duration.ts";
import type { ModelCheck, Redact } from "../base/model_check.ts";
import { isRecord } from "../base/record.ts";
import { shown } from "../base/text.ts";
import type { CheckOptions } from "../resources/checked_input.ts";
import { checkJobOptions, type JobRequest, jobRequest } from "../resources/create_job.ts";
import { type Deadline, deadlineIn } from "./lease.ts";
import { type RerunOptions, RUN_OPTIONS, type RunOptions, START_OPTIONS } from "./options.ts";
import { timerMs } from "./reader.ts";
import { checkOf, type ParsedRef, parseRef, type Ref } from "./ref.ts";
import { checkSink } from "./sink.ts";

/** Everything that is known of a run before it begins. */
export interface RunPlan
  extends Readonly<CheckOptions>, Readonly<Pick<RunOptions, "onProgress" | "settle">> {
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
  /** The fate of a create that may or may not have been accepted. */
  readonly onLostCreate: "throw" | "adopt";
  readonly rerun: RerunPolicy;
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
  const { label } = ref;
  const action = `run ${label}`;
  checkJobOptions(options, usual === false ? START_OPTIONS : RUN_OPTIONS, action);
  const { signal, timeout, wait, interval, onProgress, settle, validate, coerce, ...more } =
    options;
  const { rerun, sink, onLostCreate = "throw", ...create } = more;
  checkFunction(onProgress, "onProgress");
  checkSink(sink);
  if (settle !== undefined) choice(settle, ["end", "output"], "settle");
  choice(onLostCreate, ["throw", "adopt"], "onLostCreate");
  const mode = waitMode(wait, onProgress ? false : usual);
  return {
    ref,
    check: checkOf(given),
    validate,
    coerce,
    job: jobRequest({ of: label }, { ...create, wait: mode.hold }),
    signal,
    deadline: deadlineIn(
      timeout,
      "timeout",
      (id) => `${action}: ${id === undefined ? "it" : `prediction ${id}`}`,
    ),
    interval: timerMs(interval ?? mode.interval, "interval"),
    onLostCreate,
    onProgress,
    settle,
    rerun: rerunPolicy(rerun),
  };
}

/** The seconds for which the server holds its answer, and the time between the polls after that. */
function waitMode(
  wait: RunOptions["wait"],
  usual: number | false,
): { hold: number | boolean; interval?: Duration | undefined } {
  if (wait === undefined) return { hold: usual };
  if (typeof wait === "boolean" || typeof wait === "number") return { hold: wait };
  if (!isRecord(wait)) {
    throw new TypeError(
      `Cannot use ${shown(wait)} as wait: give seconds, true, false or { mode: "poll" }`,
    );
  }
  checkKeys(wait, ["mode", "timeout", "interval"], "use wait");
  const { mode, interval } = wait;
  if (mode !== undefined) choice(mode, ["block", "poll"], "wait.mode");
  if (mode === "poll") return { hold: false, interval };
  return { hold: wait.timeout ?? (mode === "block" ? HOLD : usual), interval };
}

/** The kinds of failure after which another run may end well. */
export const RERUN_KINDS: RerunOptions["on"] = [
  "infrastructure",
  "interrupted",
  "memory",
  "timeout",
  "model",
  "aborted",
];

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
  checkKeys(rerun, ["attempts", "on"], "use rerun");
  const { attempts, on } = rerun;
  wholeNumber(attempts, "rerun.attempts");
  checkChoices(on, RERUN_KINDS, "rerun.on");
  return { attempts, on: new Set(on) };
}
