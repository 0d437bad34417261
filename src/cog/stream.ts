/** The event stream of a prediction, as Replicate would send it. */

import { encodeEvent } from "../http/sse.ts";
import { eventResponse, heartbeatOf } from "../http/sse_response.ts";
import type { CogJob } from "./job.ts";

/** The events from a number on, as the output grows, and the end. */
export function streamOf(job: CogJob, from: number): Response {
  return eventResponse((signal) => eventsOf(job, from, signal), heartbeatOf());
}

async function* eventsOf(
  job: CogJob,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  for (let next = from; !signal.aborted;) {
    const items = itemsOf(job);
    while (next < items.length) {
      yield encodeEvent("output", textOf(items[next]), String(next++));
    }
    if (job.ended) return yield endOf(job, next);
    await job.until(() => job.ended || itemsOf(job).length > next, undefined, signal);
  }
}

/** The items of a list as they are there; anything else is one item, at the end. */
function itemsOf({ record: { output }, ended }: CogJob): readonly unknown[] {
  if (Array.isArray(output)) return output;
  return ended && output !== null && output !== undefined ? [output] : [];
}

function endOf({ record: { status, error } }: CogJob, id: number): string {
  if (status === "failed") {
    return encodeEvent("error", JSON.stringify({ detail: error }), String(id));
  }
  return encodeEvent("done", status === "succeeded" ? "{}" : '{"reason":"canceled"}', String(id));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
