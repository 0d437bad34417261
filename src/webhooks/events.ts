/** The events of a job, told from how its webhooks differ, and their listeners. */

import { isTerminal } from "../base/job.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";
import { isTraining, type WebhookPayload } from "./verify.ts";

/** A prediction in a terminal state. */
export type EndedPrediction = Prediction & {
  status: "succeeded" | "failed" | "canceled" | "aborted";
};

/** The facts that come with a webhook besides the job. */
export interface WebhookDelivery {
  /** The `webhook-id` header, which all attempts at one delivery share. */
  id: string;
  /** The time at which this attempt was sent. */
  sentAt: Date;
  /** The URL it was sent to, with any query that you put into the job's `webhook`. */
  url: URL;
}

/** A function called for a webhook. If it throws, the answer is 500, and Replicate sends the webhook again. */
export type WebhookListener<T> = (job: T, delivery: WebhookDelivery) => unknown;

/**
 * The functions to call, by event. A webhook does not name its event, so the handler compares it with
 * the previous one: a single delivery can be both `output` and `logs`.
 */
export interface WebhookListeners {
  /** A prediction has started. */
  start?: WebhookListener<Prediction>;
  /** The output has grown. */
  output?: WebhookListener<Prediction>;
  /** The logs have grown. */
  logs?: WebhookListener<Prediction>;
  /** A prediction has ended in a way that has no listener of its own here; `status` says which. */
  completed?: WebhookListener<EndedPrediction>;
  /** A prediction has failed. */
  failed?: WebhookListener<EndedPrediction>;
  /** A prediction was canceled, or was aborted before it began. */
  canceled?: WebhookListener<EndedPrediction>;
  /** A training has changed; `status` says how. */
  training?: WebhookListener<Training>;
}

/** The progress of a job: just enough to tell an old webhook from a new one. */
export interface JobProgress {
  /** 0 while starting, 1 while it runs, 2 when it has ended. */
  rank: number;
  /** The length of the output. */
  output: number;
  /** The length of the logs. */
  logs: number;
}

/** The progress of a job before its first webhook. */
export const UNSEEN: JobProgress = { rank: -1, output: 0, logs: 0 };

/** The progress that a webhook shows. An unknown status is not the end. */
export function progressOf(job: WebhookPayload): JobProgress {
  const { status, output, logs } = job;
  return {
    rank: isTerminal(job) ? 2 : status === "starting" ? 0 : 1,
    output: sizeOf(output),
    logs: logs?.length ?? 0,
  };
}

function sizeOf(output: unknown): number {
  if (output === null || output === undefined) return 0;
  return typeof output === "string" || Array.isArray(output) ? output.length : 1;
}

/** True when a webhook is older than the one that was handled last. */
export function isStepBack(now: JobProgress, before: JobProgress): boolean {
  if (before.rank === 2 || now.rank < before.rank) return true;
  const output = now.output - before.output;
  const logs = now.logs - before.logs;
  // One of them has shrunk, and the other has not grown.
  return now.rank < 2 && Math.min(output, logs) < 0 && Math.max(output, logs) <= 0;
}

/** The listeners to call for a webhook. All of them take its kind of job. */
export function listenersFor(
  on: WebhookListeners,
  job: WebhookPayload,
  now: JobProgress,
  before: JobProgress,
): (WebhookListener<never> | undefined)[] {
  if (isTraining(job)) return [on.training];
  if (now.rank === 2) {
    const isCanceled = job.status === "canceled" || job.status === "aborted";
    const own = isCanceled ? on.canceled : job.status === "failed" ? on.failed : undefined;
    return [own ?? on.completed];
  }
  const listeners = [];
  if (now.output > before.output) listeners.push(on.output);
  if (now.logs > before.logs) listeners.push(on.logs);
  if (listeners.length > 0) return listeners;
  // The first webhook, or a change that is not growth, such as an output that was replaced.
  const isStart = now.rank > before.rank || now.output === 0 && now.logs === 0;
  return [isStart ? on.start : now.output > 0 ? on.output : on.logs];
}
