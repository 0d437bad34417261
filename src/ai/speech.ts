/** Speech models: text to sound. */

import type { Ref } from "../base/ref.ts";
import { onlyFile, providerMetadata, type Shared, Target } from "./call.ts";
import type { AiSpeechModel, AiSpeechOptions, AiSpeechResult } from "./media_types.ts";

/** The fields that speech models on Replicate have for the same thing, the usual one first. */
const SETTINGS = {
  text: "text prompt input gen_text text_input",
  voice: "voice voice_id speaker custom_voice",
  outputFormat: "output_format audio_format format response_format",
  instructions: "instructions style_prompt style voice_description description",
  speed: "speed speaking_rate",
  language: "language language_code language_boost lang",
};

/** A speech model that a ref names. */
export function speechModel(shared: Shared, ref: Ref): AiSpeechModel {
  const target = new Target(shared, ref);
  return { ...target.model, doGenerate: (options) => generate(target, options) };
}

async function generate(target: Target, options: AiSpeechOptions): Promise<AiSpeechResult> {
  const draft = await target.draft(options);
  draft.setAll(SETTINGS, options);
  const { prediction, files } = await target.runForFiles(draft, options);
  const { bytes, url } = onlyFile(files, target, "speech");
  return {
    audio: bytes,
    warnings: draft.warnings,
    providerMetadata: providerMetadata(prediction, { url }),
    response: target.response(prediction),
  };
}
