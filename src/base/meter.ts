/** The meter of costs, as far as those who create jobs know it. */

import type { ParsedRef, Ref } from "./ref.ts";

/** The run that a request creates, for a meter. */
export interface MeteredRun {
  /** The model, version or deployment, as it is named in messages. */
  readonly of: string;
  /** The name under which it is counted. Default `""`. */
  readonly tag?: string | undefined;
}

/** The facts of a job that its cost depends on: a prediction, a training, or the body of a webhook. */
export interface MeteredJob {
  /** The id, by which a job counts once. */
  readonly id: string;
  /** The status; a job that has not ended is not counted. */
  readonly status: string;
  /** The model, as `owner/name`. */
  readonly model?: string | undefined;
  /** The version's id. */
  readonly version?: string | undefined;
  /** The deployment, as `owner/name`. */
  readonly deployment?: string | undefined;
  /** The amounts that it used. */
  readonly metrics?: Readonly<Record<string, unknown>> | undefined;
  /** The time of its creation, as RFC 3339. */
  readonly created_at?: string | undefined;
  /** The time at which it began to run. */
  readonly started_at?: string | null | undefined;
  /** The time at which it ended. */
  readonly completed_at?: string | null | undefined;
}

/** The cost of a job, as far as it can be known. */
export interface JobCost {
  /** The part of the cost that is known. */
  amount: number;
  /** The reason why that is not all, if it is not. */
  unknown?: string;
}

/** Counts the cost of runs, and refuses those that would pass a budget: `costMeter()` makes one. */
export interface Meter {
  /**
   * Looks before anything is uploaded, and sets nothing aside.
   *
   * @throws {BudgetExceededError} If a run of this ref would pass a budget now.
   */
  check(ref: ParsedRef): Promise<void>;
  /** Counts a job that has ended: once, however often it is told of. */
  record(job: MeteredJob, options?: { ref?: Ref | undefined; tag?: string | undefined }): unknown;
  /** The cost of a job, by its ref or by what it tells itself. Nothing is counted. */
  costOf(job: MeteredJob, ref?: Ref): JobCost;
  /**
   * A function that sends the same requests, for the jobs of one run. Each create is set aside before it
   * is sent, and counted when its end is seen.
   */
  watch<S extends object>(send: S): S;
}

/**
 * Checks a meter.
 *
 * @throws {TypeError} If it is given, and is none.
 */
export function checkMeter(meter: Meter | undefined): void {
  if (meter !== undefined && typeof meter?.watch !== "function") {
    throw new TypeError("Cannot use this as meter: give what costMeter() returns");
  }
}

/**
 * Checks the tag of a run.
 *
 * @throws {TypeError} If it is given, and is not text.
 */
export function checkTag(tag: string | undefined): void {
  if (tag !== undefined && typeof tag !== "string") {
    throw new TypeError("Cannot use this as tag: give text");
  }
}
