import { type Duration, toMs } from "../base/duration.ts";
import { TimeoutError } from "../errors.ts";
import { kindOfRecord, type Progress } from "../base/job.ts";
import { parsed } from "../base/text.ts";
import { unlessAborted } from "../base/async.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { JobEngine } from "./engine.ts";
import { Lease } from "./lease.ts";
import { JobReader, type JobRecord } from "./reader.ts";
import { parseProgressFromLogs } from "./progress.ts";

/** What `resume` takes. */
export interface ResumeOptions extends Omit<RequestOptions, "timeout"> {
  /** How long between two looks. Default: a tenth of the time since, 50 ms to 3 s. */
  interval?: Duration | undefined;
}

/** What `wait` takes. */
export interface WaitOptions extends ResumeOptions {
  /** How long to wait at most. Default: as long as it takes. */
  maxWait?: Duration | undefined;
  /** Told of each change. */
  onProgress?:
    | ((job: JobRecord, progress: Progress | null) => void | Promise<void>)
    | undefined;
}

/** What names a job: its id, `JSON.stringify(job)`, or what the API sent. */
export type SavedJob = string | { id: string };

/** An id, and which of the two it is where that is known. */
type SavedId = { id: string } & Partial<Pick<JobReader, "kind">>;

/** A handle on a job that somebody else created, or this program before. */
export async function resumeJob(
  send: Send,
  saved: SavedJob,
  options: ResumeOptions,
  lease: Lease = new Lease({ signal: options.signal, timedOut: () => waited("", 0) }),
): Promise<JobEngine> {
  const { interval, ...request } = options;
  try {
    lease.signal.throwIfAborted();
    const every = interval === undefined ? undefined : toMs(interval, "interval");
    const named = parseSaved(saved);
    const reader = new JobReader(send, named, {
      request: { ...request, signal: lease.signal },
      fresh: false,
    });
    const record = isRecord(named) ? named : await unlessAborted(reader.get(), lease.signal);
    lease.unwatch();
    return new JobEngine({
      send,
      record,
      reader,
      lease,
      owned: false,
      label: record.model ?? `job ${record.id}`,
      interval: every,
      since: Date.now(),
    });
  } catch (error) {
    lease.close();
    throw error;
  }
}

/** Waits for the end of a job, which goes on when the waiting ends early. */
export async function waitFor(
  send: Send,
  saved: SavedJob,
  { maxWait, onProgress, ...options }: WaitOptions,
): Promise<JobRecord> {
  const { id } = parseSaved(saved);
  const lease = new Lease({
    signal: options.signal,
    timeout: maxWait === undefined ? undefined : toMs(maxWait, "maxWait", 1),
    timedOut: (ms) => waited(id, ms),
  });
  try {
    const job = await resumeJob(send, saved, options, lease);
    for await (const record of job.changes()) {
      if (onProgress) {
        await unlessAborted(onProgress(record, parseProgressFromLogs(record)), lease.signal);
      }
    }
    job.result();
    return job.prediction;
  } finally {
    lease.close();
  }
}

function parseSaved(saved: SavedJob): SavedId {
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

function waited(id: string, ms: number): TimeoutError {
  return new TimeoutError(`Cannot wait for ${id}: it did not end within ${ms} ms (maxWait)`, {
    phase: "wait",
  });
}
