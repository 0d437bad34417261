/**
 * A provider for the AI SDK (`ai` 7): language, image, video, speech, transcription and embedding models
 * on Replicate. It needs no package besides the SDK.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { replicate } from "@x/replicate/ai";
 * import { assertEquals } from "@std/assert";
 *
 * const ai = replicate(new Client({ auth: "r8_..." }));
 * // For generateText, streamText, generateImage, ... as `model`.
 * const model = ai("meta/meta-llama-3-8b-instruct");
 * assertEquals([model.provider, model.specificationVersion], ["replicate", "v4"]);
 * ```
 *
 * @module
 */

export type { AiClient, AiRunOptions } from "./client.ts";
export { AiCallError } from "./errors.ts";
export type {
  AiFileData,
  AiFinishReason,
  AiLanguageModel,
  AiLanguageOptions,
  AiLanguageResult,
  AiMessage,
  AiPart,
  AiStreamPart,
  AiUsage,
} from "./language_types.ts";
export type {
  AiEmbeddingModel,
  AiEmbeddingOptions,
  AiEmbeddingResult,
  AiImageModel,
  AiImageOptions,
  AiImageResult,
  AiSegment,
  AiSpeechModel,
  AiSpeechOptions,
  AiSpeechResult,
  AiTranscriptionModel,
  AiTranscriptionOptions,
  AiTranscriptionResult,
  AiVideoModel,
  AiVideoOptions,
  AiVideoResult,
} from "./media_types.ts";
export { type InputOptions, inputOptions, replicate, type ReplicateProvider } from "./provider.ts";
export type {
  AiCallOptions,
  AiFile,
  AiFilesResponse,
  AiJson,
  AiJsonObject,
  AiModel,
  AiProviderMetadata,
  AiResponse,
  AiWarning,
} from "./shared_types.ts";
