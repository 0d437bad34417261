/** Image models. */

import type { Ref } from "../base/ref.ts";
import { providerMetadata, type Shared, Target } from "./call.ts";
import type { Draft } from "./draft.ts";
import { type Fields, takesList } from "./fields.ts";
import { inputFile } from "./file_data.ts";
import type { AiImageModel, AiImageOptions, AiImageResult } from "./media_types.ts";

/** The fields that image models on Replicate have for the same thing, the usual one first. */
const PROMPT = "prompt text caption";
const COUNT = "num_outputs number_of_images num_images n max_images";
const FILES =
  "image_input input_images images image input_image reference_images image_prompt init_image img";
const MASK = "mask mask_image image_mask";

/** An image model that a ref names. */
export function imageModel(shared: Shared, ref: Ref): AiImageModel {
  const target = new Target(shared, ref);
  return {
    ...target.model,
    maxImagesPerCall: async () => mostImages(await target.fields()),
    doGenerate: (options) => generate(target, options),
  };
}

/** The most images of one prediction: where the schema has no number, one, and the SDK calls again. */
function mostImages(fields: Fields): number {
  const field = fields.known ? fields.find(COUNT) : undefined;
  return field ? field.schema.maximum ?? Number(field.schema.enum?.at(-1) ?? 1) : 1;
}

async function generate(target: Target, options: AiImageOptions): Promise<AiImageResult> {
  const draft = await target.draft(options);
  draft.set("prompt", PROMPT, options.prompt);
  if (options.n > 1) draft.set("n", COUNT, options.n);
  writeSize(draft, "size", options.size);
  draft.set("aspectRatio", "aspect_ratio", options.aspectRatio);
  draft.set("seed", "seed", options.seed);
  draft.setFiles("files", FILES, (options.files ?? []).map(inputFile));
  draft.set("mask", MASK, options.mask && inputFile(options.mask));
  const { prediction, files } = await target.runForFiles(draft, options);
  return {
    images: files.map(({ bytes }) => bytes),
    isRetryable: false,
    warnings: draft.warnings,
    providerMetadata: providerMetadata(prediction, { images: files.map(({ url }) => ({ url })) }),
    response: { ...target.response(prediction), headers: undefined },
  };
}

/** A size as one field, or as width and height. */
export function writeSize(draft: Draft, feature: string, size: string | undefined): void {
  if (size === undefined) return;
  const { fields } = draft;
  const [width, height] = size.split("x").map(Number);
  const one = fields.find("size resolution image_size");
  const isPair = fields.known && fields.find("width") && fields.find("height");
  if (isPair) {
    draft.set(feature, "width", width);
    draft.set(feature, "height", height);
  } else if (one && !takesList(one)) draft.set(feature, one.name, size);
  else draft.warn(feature);
}
