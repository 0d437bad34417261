/** The events of a run, as a page may see them. */

import { readable } from "../base/text.ts";
import { encodeEvent } from "../http/sse.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { PredictionError } from "../run/errors.ts";
import type { ServeClient } from "./types.ts";

/** What a failure is called to those who watch: what the run says itself, and nothing of ours. */
export function failureOf(error: unknown): { reason: "canceled" | "error"; detail: string } {
  const { name, prediction } = error as Partial<PredictionError>;
  if (name !== "PredictionError" || !prediction) {
    return { reason: "error", detail: "the stream broke off" };
  }
  const { status } = prediction;
  const reason = status === "failed" ? "error" : "canceled";
  return { reason, detail: readable(prediction.error) || `the run was ${status}` };
}

/**
 * The events of a run as Replicate itself would send them, from after the one with the id `from` on.
 * If that one is not found, the stream ends without `done`: a client takes the rest from the run then.
 */
export async function* runEvents(
  client: ServeClient,
  run: Prediction,
  from: string | null,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let isKnown = from !== null;
  // Sent at once, so that a page learns that it is connected while a model boots.
  yield ": hi\n\n";
  try {
    for await (const { event, data, id } of client.stream(run, { signal })) {
      if (!isKnown) yield encodeEvent(event, data, id);
      else if (id === from) isKnown = false;
    }
  } catch (error) {
    if (signal.aborted) return;
    const { reason, detail } = failureOf(error);
    if (reason === "error") yield encodeEvent("error", JSON.stringify({ detail }));
    yield encodeEvent("done", JSON.stringify({ reason }));
  }
}
