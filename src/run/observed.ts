/** Observers of the items of a batch: the way for tracing to see each of them by itself. */

import type { Send } from "../http/types.ts";
import type { Prediction } from "../resources/predictions.ts";

/** Sees one item of a batch: its requests and its end. */
export interface ItemObserver {
  /** The function that sends the item's requests. */
  readonly send: Send;
  /** The options in which the item's run differs from those of the batch. */
  readonly options: { webhook?: string | URL | undefined };
  /** The item has its output. Of inputs that are equal, each one tells of that. */
  end(job: Prediction): void;
  /** The item has failed, or was left. */
  fail(error: unknown, job: Prediction | undefined): void;
}

/** The key of an option of `batch` that is ours alone: by name, as a door may be a copy of its own. */
export const OBSERVE: unique symbol = /* @__PURE__ */ Symbol.for("@x/replicate observe");

/** Options of a batch with an observer for each item. */
export interface ObservedOptions {
  [OBSERVE]?: ((send: Send, input: object) => ItemObserver) | undefined;
}
