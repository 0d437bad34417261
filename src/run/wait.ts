/** Waiting for the end of a job that exists. */

import { unlessAborted } from "../base/async.ts";
import { type Duration, toMs } from "../base/duration.ts";
import type { Progress } from "../base/job.ts";
import { TimeoutError } from "../errors.ts";
import type { Send } from "../http/types.ts";
import { deadlineIn, Lease } from "./lease.ts";
import { parseProgressFromLogs } from "./progress.ts";
import type { JobRecord } from "./reader.ts";
import { parseSaved, resumeJob, type ResumeOptions, type SavedJob } from "./resume.ts";

/** The options of `wait`. */
export interface WaitOptions extends ResumeOptions {
  /** The longest time to wait. Default: no limit. */
  maxWait?: Duration | undefined;
  /** Called with each change. */
  onProgress?:
    | ((job: JobRecord, progress: Progress | null) => void | Promise<void>)
    | undefined;
}

/** Waits for the end of a job, which goes on if the waiting ends early. */
export async function waitFor(
  send: Send,
  saved: SavedJob,
  { maxWait, onProgress, ...options }: WaitOptions,
): Promise<JobRecord> {
  const { id } = parseSaved(saved);
  const ms = maxWait === undefined ? undefined : toMs(maxWait, "maxWait", 1);
  const deadline = deadlineIn(
    ms,
    (ms) =>
      new TimeoutError(`Cannot wait for ${id}: it did not end within ${ms} ms (maxWait)`, {
        phase: "wait",
      }),
  );
  const lease = new Lease({ signal: options.signal, deadline });
  try {
    const engine = await resumeJob(send, saved, options, lease);
    for await (const record of engine.changes()) {
      if (onProgress) {
        await unlessAborted(onProgress(record, parseProgressFromLogs(record)), lease.signal);
      }
    }
    engine.result();
    return engine.prediction;
  } finally {
    lease.close();
  }
}
