/** From what names a job to a job that is only watched. */

import { checkKeys, choice } from "../base/check.ts";
import { uptime } from "../base/clock.ts";
import type { Duration } from "../base/duration.ts";
import { type JobKind, kindOfRecord } from "../base/job.ts";
import { parsed } from "../base/text.ts";
import type { ModelCheck } from "../base/model_check.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { metered } from "../resources/metered.ts";
import { JobEngine } from "./engine.ts";
import { Lease } from "./lease.ts";
import { findJob } from "./find.ts";
import { timerMs } from "./reader.ts";

/** The options of `resume`. */
export interface ResumeOptions extends Omit<RequestOptions, "timeout"> {
  /** The time between two polls. Default: a tenth of the time that was waited, 50 ms to 3 s. */
  interval?: Duration | undefined;
}

/** A name of a job: its id, the JSON of a `Job`, or a record that the API sent. */
export type SavedJob = string | { id: string };

/** An id, and its kind where that is known. */
interface SavedId {
  id: string;
  kind?: JobKind | undefined;
}

/** The names of {@linkcode ResumeOptions}. */
export const RESUME_OPTIONS: readonly string[] = ["signal", "retry", "headers", "interval"];

const KINDS: readonly JobKind[] = ["predictions", "trainings"];

/** Watches a job that somebody else created, or this program before. */
export async function resumeJob(
  given: Send,
  saved: SavedJob,
  options: ResumeOptions,
  lease: Lease = new Lease(options),
  check?: ModelCheck,
): Promise<JobEngine> {
  const send = metered(given);
  checkKeys(options, RESUME_OPTIONS, "watch the job", { timeout: "wait() has maxWait" });
  const { interval, retry, headers } = options;
  return await lease.during(async () => {
    const every = timerMs(interval, "interval");
    const request = { retry, headers, signal: lease.signal };
    const { reader, record } = await findJob(send, { ...parseSaved(saved), request });
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
 * The id that a saved job names, and its kind. Anything else that stands in it is not believed, as it may
 * come from a stranger: the API is asked for it.
 *
 * @throws {TypeError} If it names no id, or another kind.
 */
export function parseSaved(saved: SavedJob): SavedId {
  const text = typeof saved === "string" ? saved : undefined;
  const named = text === undefined
    ? saved
    : text.trim().startsWith("{")
    ? parsed(text)
    : { id: text };
  const { id, kind, urls } = (named ?? {}) as {
    id?: unknown;
    kind?: unknown;
    urls?: { get?: unknown };
  };
  if (typeof id !== "string" || id === "") {
    throw new TypeError(
      "Cannot find the job: give its id, a saved job or its record",
    );
  }
  if (kind !== undefined) return { id, kind: choice(kind as JobKind, KINDS, "the job's kind") };
  return typeof urls?.get === "string"
    ? { id, kind: kindOfRecord({ urls: { get: urls.get } }) }
    : { id };
}
