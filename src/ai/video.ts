/** Video models. */

import type { Ref } from "../base/ref.ts";
import { onlyFile, providerMetadata, type Shared, Target } from "./call.ts";
import type { Draft } from "./draft.ts";
import { inputFile } from "./file_data.ts";
import { writeSize } from "./image.ts";
import type { AiVideoModel, AiVideoOptions, AiVideoResult } from "./media_types.ts";

/** The fields that video models on Replicate have for the same thing, the usual one first. */
const PROMPT = "prompt text";
const FIRST = "image start_image first_frame_image first_frame input_image";
const LAST = "last_frame end_image last_frame_image last_image";
const REFERENCES = "reference_images reference_image subject_reference images";
const SOUND = "generate_audio audio";

/** A video model that a ref names. */
export function videoModel(shared: Shared, ref: Ref): AiVideoModel {
  const target = new Target(shared, ref);
  return {
    ...target.model,
    maxVideosPerCall: 1,
    doGenerate: (options) => generate(target, options),
  };
}

async function generate(target: Target, options: AiVideoOptions): Promise<AiVideoResult> {
  const draft = await target.draft(options);
  writeSettings(draft, options);
  writeFrames(draft, options);
  const { prediction, files } = await target.runForFiles(draft, options);
  onlyFile(files, target, "a video");
  return {
    videos: files.map(({ bytes, type }) => ({
      type: "binary",
      data: bytes,
      mediaType: type ?? "video/mp4",
    })),
    warnings: draft.warnings,
    providerMetadata: providerMetadata(prediction, { videos: files.map(({ url }) => ({ url })) }),
    response: { ...target.response(prediction), headers: undefined },
  };
}

function writeSettings(draft: Draft, options: AiVideoOptions): void {
  draft.set("prompt", PROMPT, options.prompt);
  if (options.aspectRatio !== "adaptive") {
    draft.set("aspectRatio", "aspect_ratio", options.aspectRatio);
  }
  writeSize(draft, "resolution", options.resolution);
  draft.set("duration", "duration seconds video_length", options.duration);
  draft.set("fps", "fps frames_per_second frame_rate", options.fps);
  draft.set("seed", "seed", options.seed);
  // A model without sound has no field for it, and nothing to turn off.
  if (options.generateAudio !== undefined && (options.generateAudio || draft.fields.find(SOUND))) {
    draft.set("generateAudio", SOUND, options.generateAudio);
  }
}

function writeFrames(draft: Draft, options: AiVideoOptions): void {
  const { image, frameImages = [], inputReferences = [] } = options;
  const frame = (type: string): typeof image =>
    frameImages.find(({ frameType }) => frameType === type)?.image;
  const first = image ?? frame("first_frame");
  const last = frame("last_frame");
  draft.set("image", FIRST, first && inputFile(first));
  draft.set("last frame", LAST, last && inputFile(last));
  draft.setFiles("inputReferences", REFERENCES, inputReferences.map(inputFile));
}
