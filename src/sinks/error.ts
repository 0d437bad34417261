/** SinkError: a file of an output could not be kept. */

import { readable } from "../base/text.ts";
import { isApiError, rename, ReplicateError } from "../errors.ts";
import type { StoredFile } from "../files/stored.ts";
import type { Prediction } from "../resources/predictions.ts";

/** The time for which Replicate has the files of an output, in milliseconds. */
const LIVES = 60 * 60_000;

/** The facts that make a {@linkcode SinkError}. */
export interface SinkErrorInit {
  /** The prediction whose output it is. */
  prediction: Prediction;
  /** The name of the first file that was not kept. */
  name: string;
  /** The number of files that were not kept. */
  missing: number;
  /** The places of the files, by position; `null` for those that were not kept. */
  stored: readonly (StoredFile | null)[];
  /** The error of that file. */
  cause: unknown;
}

/**
 * Files of an output could not be kept. The prediction has succeeded, and is paid for: its output is at
 * Replicate `until` an hour after its end, and `keepOutput(error.prediction, sink)` tries once more.
 *
 * The prediction holds the input, so that it is left out of logs: read it by name.
 */
export class SinkError extends ReplicateError {
  /** The name of the class, also in a minified bundle. */
  override get name(): "SinkError" {
    return "SinkError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** The id of the prediction. */
  readonly id: string;
  /** The moment at which Replicate deletes the output; `undefined` if it is gone, or not known. */
  readonly until: Date | undefined;
  /** The places of the files, by position; `null` for those that were not kept. */
  readonly stored: readonly (StoredFile | null)[];
  // Private, as it holds the input: see `ApiError`.
  #prediction: Prediction;

  /** Words the message. */
  constructor({ prediction, name, missing, stored, cause }: SinkErrorInit) {
    const isGone = isApiError(cause) && cause.method === "GET" &&
      /^4(?:04|10)$/.test(`${cause.status}`);
    const until = isGone ? undefined : untilOf(prediction);
    const others = missing > 1 ? ` and ${missing - 1} more` : "";
    const rest = isGone
      ? ""
      : `; the output is at Replicate until ${until?.toISOString() ?? "an hour after its end"}`;
    super(
      `Cannot keep ${name}${others} of prediction ${prediction.id}: ${readable(cause)}${rest}`,
      { cause },
    );
    this.id = prediction.id;
    this.until = until;
    this.stored = stored;
    this.#prediction = prediction;
  }

  /** The prediction as it ended. */
  get prediction(): Prediction {
    return this.#prediction;
  }
  set prediction(prediction: Prediction) {
    this.#prediction = prediction;
  }
}

function untilOf({ completed_at }: Prediction): Date | undefined {
  const ended = Date.parse(completed_at ?? "");
  return Number.isNaN(ended) ? undefined : new Date(ended + LIVES);
}
