/** The options of a run, checked and taken apart: made once, and handed down. */

import { checkKeys, choice, wholeNumber } from "../base/check.ts";
import { type Duration, toMs } from "../base/duration.ts";
import type { ModelCheck, Redact } from "../base/model_check.ts";
import { shown } from "../base/text.ts";
import { TimeoutError } from "../errors.ts";
import type { CheckOptions } from "../resources/checked_input.ts";
import { checkJobOptions, type JobRequest, jobRequest } from "../resources/create_job.ts";
import { type Deadline, deadlineIn } from "./lease.ts";
import {
  checkFunction,
  type RerunOptions,
  RUN_OPTIONS,
  type RunOptions,
  START_OPTIONS,
} from "./options.ts";
import { pollInterval } from "./reader.ts";
import { checkOf, type ParsedRef, parseRef, type Ref } from "./ref.ts";
import { checkSink } from "./sink.ts";

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
  /** The fate of a create that may or may not have been accepted. */
  readonly onLostCreate: "throw" | "adopt";
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
  const action = `run ${ref.label}`;
  checkJobOptions(options, usual === false ? START_OPTIONS : RUN_OPTIONS, action);
  const { input, wait, cancelAfter, signal, timeout, retry, headers, ...rest } = options;
  const { webhook, webhook_events_filter, fileEncoding, onUpload, onProgress, meter, tag } = rest;
  checkFunction(onProgress, "onProgress");
  checkSink(options.sink);
  if (options.settle !== undefined) choice(options.settle, ["end", "output"], "settle");
  const { onLostCreate = "throw" } = options;
  choice(onLostCreate, ["throw", "adopt"], "onLostCreate");
  const mode = waitMode(wait, onProgress === undefined ? usual : false);
  const interval = pollInterval(options.interval ?? mode.interval);
  const files = { fileEncoding, onUpload };
  const create = { webhook, webhook_events_filter, ...files, meter, tag, retry, headers };
  return {
    ref,
    check: checkOf(given),
    validate: options.validate,
    coerce: options.coerce,
    job: jobRequest({ of: ref.label }, { input, wait: mode.hold, cancelAfter, ...create }),
    signal,
    deadline: deadlineIn(
      timeout === undefined ? undefined : toMs(timeout, "timeout", 1),
      (ms, id) =>
        new TimeoutError(
          `Cannot ${action}: ${
            id === undefined ? "it" : `prediction ${id}`
          } did not end within ${ms} ms (timeout)`,
          { phase: "deadline", id },
        ),
    ),
    interval,
    onLostCreate,
  };
}

/** The seconds for which the server holds its answer, and the time between the polls after that. */
function waitMode(
  wait: RunOptions["wait"],
  usual: number | false,
): { hold: number | boolean; interval?: Duration | undefined } {
  if (wait === undefined) return { hold: usual };
  if (typeof wait === "boolean" || typeof wait === "number") return { hold: wait };
  if (typeof wait !== "object" || wait === null) {
    throw new TypeError(
      `Cannot use ${shown(wait)} as wait: give seconds, true, false, { mode: "block" } or ` +
        '{ mode: "poll" }',
    );
  }
  checkKeys(wait, ["mode", "timeout", "interval"], "use wait");
  const { mode, interval } = wait;
  if (mode !== undefined) choice(mode, ["block", "poll"], "wait.mode");
  if (mode === "poll") return { hold: false, interval };
  return { hold: wait.timeout ?? (mode === "block" ? HOLD : usual), interval };
}

/** The kinds of failure after which another run may end well. */
const RERUN_KINDS: RerunOptions["on"] = [
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
  if (!Array.isArray(on)) {
    throw new TypeError('Cannot rerun: give the kinds of failure as on, as in { on: ["memory"] }');
  }
  for (const kind of on) {
    if (/^(?:moderation|input|canceled)$/.test(kind)) {
      throw new TypeError(`Cannot rerun after "${kind}": it would only end the same way`);
    }
    choice(kind, RERUN_KINDS, "one of rerun.on");
  }
  return { attempts, on: new Set(on) };
}
