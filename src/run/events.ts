/** The events of a job, from two states of it. */

import type { Progress } from "../base/job.ts";
import { parseProgressFromLogs } from "./progress.ts";
import type { JobRecord } from "./reader.ts";
import type { OutputItem } from "./ref.ts";

/** An event of `job.events()`, told apart by `event`. */
export type JobEvent<O = unknown, C = OutputItem<O>> =
  | { event: "status"; data: JobRecord["status"] }
  | { event: "output"; data: C }
  | { event: "logs"; data: string }
  | { event: "progress"; data: Progress }
  | { event: "done"; data: JobRecord };

/** The events between two states of a job, in the order in which they are told. */
export function* eventsBetween(
  before: JobRecord | undefined,
  now: JobRecord,
): Generator<JobEvent<unknown>> {
  if (now.status !== before?.status) yield { event: "status", data: now.status };
  const logs = now.logs ?? "";
  const old = before?.logs ?? "";
  const more = grownBy(old, logs);
  if (more !== "") {
    yield { event: "logs", data: more };
    const progress = parseProgressFromLogs(logs);
    if (progress && !same(progress, parseProgressFromLogs(old))) {
      yield { event: "progress", data: progress };
    }
  }
  for (const data of newOutput(before?.output, now.output, now.status === "succeeded")) {
    yield { event: "output", data };
  }
}

/**
 * The output that is new: the items that a list has grown by; of text that has grown, the rest; of
 * anything else, all of it once it is complete.
 */
function newOutput(before: unknown, now: unknown, complete: boolean): unknown[] {
  if (Array.isArray(now)) return now.slice(Array.isArray(before) ? before.length : 0);
  if (typeof now === "string") {
    const more = grownBy(typeof before === "string" ? before : "", now);
    return more === "" && before === now ? [] : [more];
  }
  return complete && now !== null && now !== undefined ? [now] : [];
}

/** The text that was added. One that does not go on from before, as after a restart, is new. */
export function grownBy(before: string, now: string): string {
  return now.startsWith(before) ? now.slice(before.length) : now;
}

/** True when two states of a job are the same. */
export function unchanged(before: JobRecord | undefined, now: JobRecord): boolean {
  return before !== undefined && before.status === now.status && before.logs === now.logs &&
    same(before.output, now.output) && same(before.error, now.error);
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  try {
    return JSON.stringify(a) === JSON.stringify(b);
  } catch {
    // Nested too deeply to be compared.
    return false;
  }
}
