/** The errors of a job: it failed, or its stream broke. */

import { rename, ReplicateError } from "../errors.ts";
import { readable } from "../base/text.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";
import type { FailureKind } from "../base/job.ts";

/**
 * A job failed, was canceled or aborted. Its `prediction` is the job as it ended.
 *
 * The prediction holds the input, so that it is left out of logs: read it by name.
 *
 * @example
 * ```ts
 * import { Client, PredictionError } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const run = () => {
 *   throw new Error("CUDA out of memory");
 * };
 * await using fake = new FakeReplicate({ models: { "acme/big": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const error = await client.run("acme/big", { input: {} }).catch((error) => error);
 * assert(error instanceof PredictionError);
 * assertEquals([error.kind, error.prediction.status], ["memory", "failed"]);
 * ```
 */
export class PredictionError extends ReplicateError {
  /** The name of the class, also in a minified bundle. */
  override get name(): "PredictionError" {
    return "PredictionError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** The kind of failure. */
  readonly kind: FailureKind;
  /** The id of the job. */
  readonly id: string;
  // Private, as it holds the input: see `ApiError`.
  #prediction: Prediction | Training;

  /**
   * Words the message from the job as it ended.
   *
   * @param prediction The job.
   * @param label The name of what was run, where its caller knows it better than the job.
   * @param kind The kind of failure. Default: by the status alone.
   */
  constructor(
    prediction: Prediction | Training,
    label: string = prediction.model,
    kind: FailureKind = kindOfStatus(prediction.status),
  ) {
    const { id, status } = prediction;
    super(
      `Cannot run ${label}: prediction ${id} ${status === "failed" ? "" : "was "}${status}${
        reasonOf(prediction)
      }`,
    );
    this.kind = kind;
    this.id = id;
    this.#prediction = prediction;
  }

  /** The job as it ended. */
  get prediction(): Prediction | Training {
    return this.#prediction;
  }
  set prediction(prediction: Prediction | Training) {
    this.#prediction = prediction;
  }
}

/** An event stream broke, and could not be completed from the prediction. */
export class StreamError extends ReplicateError {
  /** The name of the class, also in a minified bundle. */
  override get name(): "StreamError" {
    return "StreamError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** The `id` of the last event that arrived. */
  readonly lastEventId: string | undefined;
  #prediction: Prediction | Training | undefined;

  /** Takes the message: what could not be done, and why. */
  constructor(
    message: string,
    options: {
      lastEventId?: string | undefined;
      prediction?: Prediction | Training | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.lastEventId = options.lastEventId;
    this.#prediction = options.prediction;
  }

  /** The prediction as it was last seen. */
  get prediction(): Prediction | Training | undefined {
    return this.#prediction;
  }
  set prediction(prediction: Prediction | Training | undefined) {
    this.#prediction = prediction;
  }
}

function kindOfStatus(status: string): FailureKind {
  return status === "canceled" || status === "aborted" ? status : "model";
}

/** The most characters of a model's own error that a message takes. */
const MOST = 2000;

/** The reason that the model gave. Its logs stay out of messages, as many models print their input. */
function reasonOf({ error, status, logs }: Prediction | Training): string {
  const reason = readable(error);
  if (reason) return `: ${reason.length > MOST ? `${reason.slice(0, MOST)}...` : reason}`;
  return status === "failed" && logs ? ": it gave no reason; see error.prediction.logs" : "";
}

/**
 * The failure as a visitor of a server may see it: the reason that the run itself gives. Messages of the
 * API and of the network name the account and the addresses of the server, so that they are left out.
 */
export function visibleFailure(error: unknown): { reason: "canceled" | "error"; detail: string } {
  const { name, prediction } = error as Partial<PredictionError>;
  if (name !== "PredictionError" || !prediction) {
    return { reason: "error", detail: "the stream broke off" };
  }
  const { status } = prediction;
  const reason = status === "failed" ? "error" : "canceled";
  return { reason, detail: readable(prediction.error) || `the run was ${status}` };
}
