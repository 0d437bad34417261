import { isTerminal } from "../base/job.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";
import { isTraining, type WebhookPayload } from "./verify.ts";

/** A prediction that has ended. */
export type EndedPrediction = Prediction & {
  status: "succeeded" | "failed" | "canceled" | "aborted";
};

/** What comes with a webhook besides the job. */
export interface WebhookDelivery {
  /** The `webhook-id`: the same for all attempts to deliver this. */
  id: string;
  /** When this attempt was sent. */
  sentAt: Date;
  /** Where it was sent to: a query that you put into the job's `webhook` is here. */
  url: URL;
}

/** What is called for a webhook. What it throws is answered with 500, so that Replicate sends it again. */
export type WebhookListener<T> = (job: T, delivery: WebhookDelivery) => unknown;

/**
 * What is called for which webhook. A webhook does not say which event it is for, so that is told from
 * what has changed since the last one: one delivery may be `output` and `logs` at once.
 */
export interface WebhookListeners {
  /** A prediction has started. */
  start?: WebhookListener<Prediction>;
  /** There is more output than before. */
  output?: WebhookListener<Prediction>;
  /** There are more logs than before. */
  logs?: WebhookListener<Prediction>;
  /** A prediction has ended, in any way that has no listener of its own here: look at `status`. */
  completed?: WebhookListener<EndedPrediction>;
  /** A prediction has failed. */
  failed?: WebhookListener<EndedPrediction>;
  /** A prediction was canceled, or aborted before it began. */
  canceled?: WebhookListener<EndedPrediction>;
  /** Anything about a training: look at `status`. */
  training?: WebhookListener<Training>;
}

/** How far a job is, as much of it as telling old from new takes. */
export interface JobProgress {
  /** 0 while starting, 1 while it runs, 2 when it has ended. */
  rank: number;
  /** The length of the output, and of the logs. */
  output: number;
  logs: number;
}

/** Before the first webhook of a job. */
export const UNSEEN: JobProgress = { rank: -1, output: 0, logs: 0 };

/** How far a job is. A status that is not known is not the end. */
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

/** Whether a webhook shows a job as it was before the one that was handled last. */
export function isStepBack(now: JobProgress, before: JobProgress): boolean {
  if (before.rank === 2 || now.rank < before.rank) return true;
  const isMore = now.output > before.output || now.logs > before.logs;
  const isLess = now.output < before.output || now.logs < before.logs;
  return now.rank < 2 && isLess && !isMore;
}

/** The listeners that a webhook is for. All of them take this kind of job. */
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
  // The first one; or another event of a state that is known, as when its output was replaced.
  const isStart = now.rank > before.rank || now.output === 0 && now.logs === 0;
  return [isStart ? on.start : now.output > 0 ? on.output : on.logs];
}
