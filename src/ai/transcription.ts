/** Transcription models: sound to text. */

import type { Ref } from "../base/ref.ts";
import { providerMetadata, type Shared, Target } from "./call.ts";
import { uselessOutput } from "./errors.ts";
import { blobOf, type InputFile } from "./file_data.ts";
import type {
  AiTranscriptionModel,
  AiTranscriptionOptions,
  AiTranscriptionResult,
} from "./media_types.ts";
import { readTranscript } from "./transcript.ts";

/** The fields that transcription models on Replicate have for the sound, the usual one first. */
const AUDIO = "audio audio_file file audio_input input file_url audio_url";

type Options = Omit<AiTranscriptionOptions, "audio" | "mediaType">;

/** A transcription model that a ref names. */
export function transcriptionModel(shared: Shared, ref: Ref): AiTranscriptionModel {
  const target = new Target(shared, ref);
  return {
    ...target.model,
    doGenerate: ({ audio, mediaType, ...options }) =>
      generate(target, blobOf(audio, mediaType), options),
    doGenerateFromUrl: ({ audio, ...options }) => generate(target, audio.href, options),
  };
}

async function generate(
  target: Target,
  audio: InputFile,
  options: Options,
): Promise<AiTranscriptionResult> {
  const draft = await target.draft(options);
  draft.set("audio", AUDIO, audio);
  const wanted = options.timestampGranularities ?? [];
  const timing = draft.fields.known && draft.fields.find("timestamp timestamps");
  // Others give their timings unasked, or have a switch of their own name.
  if (timing && wanted.length > 0) {
    const granularity = wanted.includes("word") ? "word" : "chunk";
    draft.set("timestampGranularities", timing.name, granularity);
  }
  const prediction = await target.run(draft.finish(options.providerOptions), options);
  const transcript = readTranscript(prediction.output);
  if (!transcript) {
    throw uselessOutput(`Cannot give a transcript: the output of ${target.label} has no text`);
  }
  if (wanted.includes("word") && !transcript.words) {
    draft.warn("timestampGranularities", "no words");
  }
  return {
    ...transcript,
    warnings: draft.warnings,
    providerMetadata: providerMetadata(prediction),
    response: target.response(prediction),
  };
}
