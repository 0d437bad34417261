/** The words of a job: its statuses, kinds, failures and progress. */

/** Tells whether a job has ended. An unknown status is not the end. */
export function isTerminal(job: { status: string }): boolean {
  return /^(?:succeeded|failed|canceled|aborted)$/.test(job.status);
}

/** The kind of a job, as the API's paths name it. */
export type JobKind = "predictions" | "trainings";

/** The kind of a record, which shows in its own URLs. */
export function kindOfRecord(job: { urls?: { get?: string } }): JobKind {
  return job.urls?.get?.includes("/trainings/") ? "trainings" : "predictions";
}

/**
 * The sort of failure that a job ended with.
 *
 * - `moderation`: the content was refused. - `input`: the input does not fit the model.
 * - `memory`: out of memory. - `timeout`: it ran too long.
 * - `interrupted`: the platform took it down; it may work the next time.
 * - `infrastructure`: the platform or what the model needs from elsewhere failed.
 * - `model`: anything else. - `canceled`, `aborted`: stopped, while running or before it began.
 */
export type FailureKind =
  | "moderation"
  | "input"
  | "memory"
  | "timeout"
  | "interrupted"
  | "infrastructure"
  | "model"
  | "canceled"
  | "aborted";

/** The progress of a job, by the newest progress bar in its logs. */
export interface Progress {
  /** The share that is done as the bar shows it, from 0 to 1. */
  percentage: number;
  /** Steps, bytes or other units that are done; `null` when the bar shows a percentage only. */
  current: number | null;
  /** Steps, bytes or other units in all; `null` when the bar shows a percentage only. */
  total: number | null;
  /** The stage of the job: the text before the bar, as in `Sampling: 40%|...`. */
  stage?: string;
  /** Time to the end in milliseconds, by the bar's own estimate; absent while it has none. */
  remainingMs?: number;
  /** Steps, bytes or other units per second; absent while the bar does not know it. */
  rate?: number;
}
