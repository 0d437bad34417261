/** The text, the usage and the end of a prediction of a language model. */

import type { Prediction } from "../resources/predictions.ts";
import { metric } from "./call.ts";
import type { AiFinishReason, AiLanguageOptions, AiUsage } from "./language_types.ts";
import type { AiJsonObject } from "./shared_types.ts";

/** The output as text: text as it is, lists joined, anything else as JSON, as in a stream. */
export function textOf(output: unknown): string {
  if (output === null || output === undefined) return "";
  if (Array.isArray(output)) return output.map(textOf).join("");
  return typeof output === "string" ? output : JSON.stringify(output);
}

/** The tokens, as far as the model counts them. */
export function usageOf(prediction: Prediction): AiUsage {
  const input = metric(prediction, "input_token_count");
  const output = metric(prediction, "output_token_count");
  return {
    inputTokens: { total: input, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: undefined, reasoning: undefined },
    raw: (prediction.metrics ?? {}) as AiJsonObject,
  };
}

/** The reason for which the answer ended: the API says only that the prediction succeeded. */
export function finishReason(
  prediction: Prediction,
  { maxOutputTokens = Infinity }: AiLanguageOptions,
): AiFinishReason {
  const tokens = metric(prediction, "output_token_count") ?? 0;
  return { unified: tokens >= maxOutputTokens ? "length" : "stop", raw: prediction.status };
}
