/** Finding a job by its id, which does not tell its kind. */

import { type JobKind, kindOfRecord } from "../base/job.ts";
import type { Send } from "../http/types.ts";
import { getJob } from "../resources/jobs.ts";
import { isMissing } from "../resources/missing.ts";
import { JobReader, type JobReaderInit, type JobRecord } from "./reader.ts";

/**
 * The job, and what reads it from now on. It may be of the other kind than somebody has named, as the
 * answer to the create of a training looks like a prediction.
 */
export async function findJob(
  send: Send,
  { id, kind = "predictions", request }: JobReaderInit,
): Promise<{ reader: JobReader; record: JobRecord }> {
  const reader = new JobReader(send, { id, kind, request });
  const otherKind: JobKind = kind === "predictions" ? "trainings" : "predictions";
  const record = await reader.get(async (error) => {
    try {
      return await getJob<JobRecord>(send, otherKind, id, request);
    } catch (second) {
      if (isMissing(second)) return undefined;
      throw request.signal.aborted ? second : error;
    }
  });
  reader.kind = kindOfRecord(record);
  return { reader, record };
}
