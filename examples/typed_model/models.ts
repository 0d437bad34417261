/**
 * Types of models on Replicate, written by `deno task types` from their schemas: do not edit.
 *
 * @module
 */
import type { FileOutput } from "@x/replicate";
import { model, type SchemaModel } from "@x/replicate/schema";

/** The input of `black-forest-labs/flux-schnell`. */
export interface FluxSchnellInput {
  /** The image in words. */
  prompt: string;
  /**
   * The shape of the image.
   *
   * Default: `"1:1"`. One of `"1:1"`, `"16:9"`, `"21:9"`, `"3:2"`, `"2:3"`, `"4:5"`, `"5:4"`,
   * `"3:4"`, `"4:3"`, `"9:16"`, `"9:21"`.
   */
  aspect_ratio?:
    | "1:1"
    | "16:9"
    | "21:9"
    | "3:2"
    | "2:3"
    | "4:5"
    | "5:4"
    | "3:4"
    | "4:3"
    | "9:16"
    | "9:21"
    | undefined;
  /**
   * The number of images.
   *
   * Default: `1`. From 1 to 4.
   */
  num_outputs?: number | undefined;
  /**
   * The number of denoising steps.
   *
   * Default: `4`. From 1 to 4.
   */
  num_inference_steps?: number | undefined;
  /** The same seed gives the same image. */
  seed?: number | undefined;
  /**
   * The format of the images.
   *
   * Default: `"webp"`. One of `"webp"`, `"jpg"`, `"png"`.
   */
  output_format?: "webp" | "jpg" | "png" | undefined;
  /**
   * The quality of the images; PNG has none.
   *
   * Default: `80`. From 0 to 100.
   */
  output_quality?: number | undefined;
  /**
   * Trades some quality for speed.
   *
   * Default: `true`.
   */
  go_fast?: boolean | undefined;
}

/** The output of `black-forest-labs/flux-schnell`. */
export type FluxSchnellOutput = FileOutput[];

/**
 * A fast model that makes images from text.
 *
 * See https://replicate.com/black-forest-labs/flux-schnell.
 */
export const fluxSchnell: SchemaModel<FluxSchnellInput, FluxSchnellOutput> = /* @__PURE__ */ model(
  "black-forest-labs/flux-schnell",
  {
    schema:
      '{"input":{"type":"object","properties":{"prompt":{"type":"string"},"aspect_ratio":{"type":"string","enum":["1:1","16:9","21:9","3:2","2:3","4:5","5:4","3:4","4:3","9:16","9:21"]},"num_outputs":{"type":"integer","minimum":1,"maximum":4},"num_inference_steps":{"type":"integer","minimum":1,"maximum":4},"seed":{"type":"integer"},"output_format":{"type":"string","enum":["webp","jpg","png"]},"output_quality":{"type":"integer","minimum":0,"maximum":100},"go_fast":{"type":"boolean"}},"required":["prompt"]},"output":{"type":"array","items":{"type":"string","format":"uri"}}}',
  },
);
