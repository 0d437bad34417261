/** Waiting for the end of a job that exists. */

import { unlessAborted } from "../base/async.ts";
import { checkFunction, checkKeys } from "../base/check.ts";
import type { Duration } from "../base/duration.ts";
import type { Progress } from "../base/job.ts";
import type { Send } from "../http/types.ts";
import { deadlineIn, Lease } from "./lease.ts";
import { parseProgressFromLogs } from "./progress.ts";
import type { JobRecord } from "./reader.ts";
import {
  parseSaved,
  RESUME_OPTIONS,
  resumeJob,
  type ResumeOptions,
  type SavedJob,
} from "./resume.ts";

/** The options of `wait`. */
export interface WaitOptions extends ResumeOptions {
  /** The longest time to wait. Default: no limit. */
  maxWait?: Duration | undefined;
  /** Called with each change. A deadline or an abort ends the wait without waiting for it. */
  onProgress?: ((job: JobRecord, progress: Progress | null) => unknown) | undefined;
}

const KEYS: readonly string[] = /* @__PURE__ */ RESUME_OPTIONS.concat("maxWait", "onProgress");
const HINTS = { timeout: "give it as maxWait" };

/**
 * Waits for the end of a job, which goes on if the waiting ends early.
 *
 * @param stop Called with each change before the end: `true` ends the waiting.
 */
export async function waitFor<J extends JobRecord>(
  send: Send,
  saved: SavedJob,
  options: WaitOptions,
  stop?: (job: J) => unknown,
): Promise<J> {
  const { id } = parseSaved(saved);
  checkKeys(options, KEYS, `wait for ${id}`, HINTS);
  const { maxWait, onProgress, ...rest } = options;
  checkFunction(onProgress, "onProgress");
  checkFunction(stop, "stop");
  const deadline = deadlineIn(maxWait, "maxWait", () => `wait for ${id}: it`);
  const lease = new Lease({ signal: rest.signal, deadline });
  lease.id = id;
  try {
    const engine = await resumeJob(send, saved, rest, lease);
    for await (const record of engine.changes()) {
      if (onProgress) {
        await unlessAborted(onProgress(record, parseProgressFromLogs(record)), lease.signal);
      }
      if (stop && !engine.ended && await unlessAborted(stop(record as J), lease.signal) === true) {
        return engine.prediction as J;
      }
    }
    engine.result();
    return engine.prediction as J;
  } finally {
    lease.close();
  }
}
