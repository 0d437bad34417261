/** The JSON that the steps of a durable run keep. */

import type { FailureKind } from "../base/job.ts";
import { ReplicateError } from "../errors.ts";
import type { FileOutput } from "../files/output.ts";
import type { Metrics, Prediction } from "../resources/predictions.ts";
import { PredictionError } from "../run/errors.ts";
import type { Job } from "../run/job.ts";

/** A value as it is in JSON: a file is its URL. */
export type JsonOf<T> = T extends FileOutput ? string
  : T extends readonly (infer I)[] ? JsonOf<I>[]
  : T extends object ? { [K in keyof T]: JsonOf<T[K]> }
  : T;

/** The end of a durable run that succeeded. It is JSON. */
export interface DurableResult<O = unknown> {
  /** The id of the prediction. */
  id: string;
  /** The status. */
  status: "succeeded";
  /** The output, with a URL for each file. Replicate deletes it an hour after the end. */
  output: JsonOf<O>;
  /** The model that ran, as `owner/name`. */
  model: string;
  /** The id of the model's version; `"hidden"` for official models. */
  version: string;
  /** The time and other resources that the prediction has used. */
  metrics?: Metrics;
  /** The time of creation, as RFC 3339. */
  created_at: string;
  /** The time at which the model began to compute, as RFC 3339. */
  started_at?: string | null;
  /** The time of the end, as RFC 3339. */
  completed_at?: string | null;
}

/** An error as JSON. */
export interface SavedError {
  /** The name of its class. */
  name: string;
  /** The message. */
  message: string;
}

/** The result of the step that creates: the id, or the reason why there is none. */
export type Created = { id: string } | { error: SavedError };

/** The result of a step that reads. */
export type Seen =
  | { status: string }
  | { ended: DurableResult }
  | { failed: Record<string, unknown>; kind: FailureKind }
  | { error: SavedError };

/** The most characters of the end of the logs that a failed prediction keeps. */
const LOGS = 1000;

/** The state of a job that was just read. */
export async function seenOf(job: Job): Promise<Seen> {
  const { status } = job;
  if (!/^(?:succeeded|failed|canceled|aborted)$/.test(status)) return { status };
  // The input and the logs may be more than an engine keeps of a step.
  const { id, output, model, version, metrics, created_at, started_at, completed_at, ...rest } =
    job.prediction;
  const times = { created_at, started_at, completed_at };
  const record = { id, status, model, version, metrics, ...times };
  // By way of JSON, which has no fields that are `undefined`: some engines refuse them.
  const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));
  if (status === "succeeded") return plain({ ended: { ...record, output } as DurableResult });
  const error = await job.output().catch((error) => error);
  if (!(error instanceof PredictionError)) throw error;
  const failed = { ...record, error: rest.error, logs: rest.logs?.slice(-LOGS), urls: rest.urls };
  return plain({ failed, kind: error.kind });
}

/** The failure of a prediction, from the JSON of its step. */
export function failureOf(
  { failed, kind }: { failed: Record<string, unknown>; kind: FailureKind },
  label: string,
): PredictionError {
  const prediction = { input: {}, ...failed } as unknown as Prediction;
  return new PredictionError(prediction, label, kind);
}

/** An error as JSON. */
export function savedError(error: unknown): SavedError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message };
}

/** An error from its JSON. It has the name of the one that it was, and not its class. */
export function errorOf({ name, message }: SavedError): ReplicateError {
  const error = new ReplicateError(message);
  error.name = name;
  return error;
}
