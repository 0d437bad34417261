/** The end of a run that succeeded. */

import type { StoredFile } from "../files/stored.ts";
import type { Prediction } from "../resources/predictions.ts";

/** The end of a run that succeeded. */
export interface Settled<O> {
  /** The output, with a `FileOutput` for each file. */
  output: O;
  /** The prediction as it ended. */
  prediction: Prediction;
  /** The places of its files, if a sink has kept them. */
  stored?: readonly StoredFile[];
}
