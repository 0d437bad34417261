/** Language models: text in one piece, and as a stream. */

import type { Ref } from "../base/ref.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Job } from "../run/job.ts";
import { providerMetadata, type Shared, Target } from "./call.ts";
import type { AiClient } from "./client.ts";
import { callError } from "./errors.ts";
import { languageInput } from "./language_input.ts";
import { finishReason, textOf, usageOf } from "./language_result.ts";
import type {
  AiLanguageModel,
  AiLanguageOptions,
  AiLanguageResult,
  AiStreamPart,
} from "./language_types.ts";
import type { AiWarning } from "./shared_types.ts";

/** A language model that a ref names. */
export function languageModel(shared: Shared, ref: Ref): AiLanguageModel {
  const target = new Target(shared, ref);
  return {
    ...target.model,
    supportedUrls: { "*/*": [/^https:\/\//i] },
    doGenerate: (options) => generate(target, options),
    doStream: (options) => stream(target, options),
  };
}

async function generate(target: Target, options: AiLanguageOptions): Promise<AiLanguageResult> {
  const fields = await target.fields(options.abortSignal);
  const { input, warnings } = languageInput(fields, target.label, options);
  const prediction = await target.run(input, options);
  return {
    content: [{ type: "text", text: textOf(prediction.output) }],
    finishReason: finishReason(prediction, options),
    usage: usageOf(prediction),
    warnings,
    providerMetadata: providerMetadata(prediction),
    response: originOf(target, prediction),
  };
}

function originOf(target: Target, { id, created_at }: Prediction): AiLanguageResult["response"] {
  return { id, timestamp: new Date(created_at), modelId: target.model.modelId };
}

async function stream(
  target: Target,
  options: AiLanguageOptions,
): Promise<{ stream: ReadableStream<AiStreamPart> }> {
  const fields = await target.fields(options.abortSignal);
  const { input, warnings } = languageInput(fields, target.label, options);
  // The create is awaited here: of an error before the stream, the SDK asks whether to call again.
  return await target.using(input, options, async (client, runOptions) => {
    const job = await client.start(target.ref, runOptions);
    return { stream: streamOf(job, partsOf(target, client, job, options, warnings)) };
  });
}

/** The parts as they are asked for, so that a reader who pauses pauses the server. */
function streamOf(job: Job, parts: AsyncGenerator<AiStreamPart>): ReadableStream<AiStreamPart> {
  return new ReadableStream<AiStreamPart>({
    async pull(controller): Promise<void> {
      const { done, value } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(): Promise<void> {
      await job.cancel();
    },
  }, { highWaterMark: 0 });
}

async function* partsOf(
  target: Target,
  client: AiClient,
  job: Job,
  options: AiLanguageOptions,
  warnings: AiWarning[],
): AsyncGenerator<AiStreamPart, void, undefined> {
  const { abortSignal: signal } = options;
  const text = { id: job.id };
  yield { type: "stream-start", warnings };
  yield { type: "response-metadata", ...originOf(target, job.prediction as Prediction) };
  let failed = false;
  let began = false;
  try {
    for await (const event of client.stream(job)) {
      if (options.includeRawChunks) yield { type: "raw", rawValue: { ...event } };
      if (event.event !== "output") continue;
      if (!began) yield { type: "text-start", ...text };
      began = true;
      yield { type: "text-delta", ...text, delta: event.data };
    }
    // The stream has ended; only the record has the metrics.
    await job.output();
  } catch (error) {
    if (signal?.aborted) throw error;
    failed = true;
    yield { type: "error", error: callError(error, true, signal) };
  }
  if (began) yield { type: "text-end", ...text };
  const prediction = job.prediction as Prediction;
  yield {
    type: "finish",
    finishReason: failed
      ? { unified: "error", raw: job.status }
      : finishReason(prediction, options),
    usage: usageOf(prediction),
    providerMetadata: providerMetadata(prediction),
  };
}
