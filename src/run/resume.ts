/** From what names a job to a job that is only watched. */

import { uptime } from "../base/clock.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { kindOfRecord } from "../base/job.ts";
import { parsed } from "../base/text.ts";
import type { ModelCheck } from "../base/model_check.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { JobEngine } from "./engine.ts";
import { Lease } from "./lease.ts";
import { JobReader, type JobRecord } from "./reader.ts";

/** The options of `resume`. */
export interface ResumeOptions extends Omit<RequestOptions, "timeout"> {
  /** The time between two polls. Default: a tenth of the time that was waited, 50 ms to 3 s. */
  interval?: Duration | undefined;
}

/** A name of a job: its id, the JSON of a `Job`, or a record that the API sent. */
export type SavedJob = string | { id: string };

/** An id, and its kind where that is known. */
type SavedId = { id: string } & Partial<Pick<JobReader, "kind">>;

/** Watches a job that somebody else created, or this program before. */
export async function resumeJob(
  send: Send,
  saved: SavedJob,
  options: ResumeOptions,
  lease: Lease = new Lease(options),
  check?: ModelCheck,
): Promise<JobEngine> {
  const { interval, retry, headers } = options;
  return await lease.during(async () => {
    const every = interval === undefined ? undefined : toMs(interval, "interval");
    const named = parseSaved(saved);
    const request = { retry, headers, signal: lease.signal };
    const reader = new JobReader(send, named, { request, fresh: false });
    const record = isRecord(named) ? named : await reader.get();
    lease.unwatch();
    return new JobEngine({
      send,
      record,
      reader,
      lease,
      owned: false,
      label: record.model ?? `job ${record.id}`,
      check,
      interval: every,
      startedAt: uptime(),
    });
  });
}

/**
 * The id that a saved job names.
 *
 * @throws {TypeError} If it names none.
 */
export function parseSaved(saved: SavedJob): SavedId {
  const isJson = typeof saved === "string" && saved.trim().startsWith("{");
  const named = (isJson ? parsed(saved) : typeof saved === "string" ? { id: saved } : saved) as
    | SavedId
    | null
    | undefined;
  if (typeof named?.id !== "string" || named.id === "") {
    throw new TypeError(
      "Cannot find the job: give its id, a saved job, or a prediction or training",
    );
  }
  return isRecord(named) ? { ...named, kind: kindOfRecord(named) } : named;
}

function isRecord(job: { id: string }): job is JobRecord {
  return "status" in job && "urls" in job;
}
