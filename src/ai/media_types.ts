/** The types of the AI SDK's models for media and embeddings, by their structure (specification v4). */

import type {
  AiCallOptions,
  AiFile,
  AiFilesResponse,
  AiJsonObject,
  AiModel,
  AiProviderMetadata,
  AiResponse,
  AiWarning,
} from "./shared_types.ts";

/** The options of one call of an image model. */
export interface AiImageOptions extends AiCallOptions {
  /** The description of the image. */
  prompt: string | undefined;
  /** The number of images. */
  n: number;
  /** The size, as `1024x768`. */
  size: `${number}x${number}` | undefined;
  /** The ratio, as `16:9`. */
  aspectRatio: `${number}:${number}` | undefined;
  /** The seed. */
  seed: number | undefined;
  /** Images to edit or to go by. */
  files: AiFile[] | undefined;
  /** The part of the first image to paint. */
  mask: AiFile | undefined;
}

/** The images that a model has made. */
export interface AiImageResult {
  /** The images. */
  images: Uint8Array[];
  /** `false`: another try would be another paid prediction. */
  isRetryable: false;
  /** The settings that the model lacks. */
  warnings: AiWarning[];
  /** The prediction, and the URL of each image. */
  providerMetadata: Record<string, { images: { url: string }[] } & AiJsonObject>;
  /** The origin of the answer. */
  response: AiFilesResponse;
}

/** An image model for `generateImage`. */
export interface AiImageModel extends AiModel {
  /** Asks the schema for the most images of one prediction. */
  readonly maxImagesPerCall: () => Promise<number>;
  /** Runs the model. */
  doGenerate(options: AiImageOptions): Promise<AiImageResult>;
}

/** The options of one call of a video model. */
export interface AiVideoOptions extends AiCallOptions {
  /** The description of the video. */
  prompt: string | undefined;
  /** The number of videos: always 1. */
  n: number;
  /** The ratio, as `16:9`. */
  aspectRatio: string | undefined;
  /** The size, as `1280x720`. */
  resolution: string | undefined;
  /** The length in seconds. */
  duration: number | undefined;
  /** Frames per second. */
  fps: number | undefined;
  /** The seed. */
  seed: number | undefined;
  /** The image to begin with. */
  image: AiFile | undefined;
  /** The first and the last frame. */
  frameImages?: { image: AiFile; frameType: "first_frame" | "last_frame" }[] | undefined;
  /** Images and videos to go by. */
  inputReferences?: AiFile[] | undefined;
  /** `true` if the video is to have sound. */
  generateAudio?: boolean | undefined;
}

/** The videos that a model has made. */
export interface AiVideoResult {
  /** The videos. */
  videos: { type: "binary"; data: Uint8Array; mediaType: string }[];
  /** The settings that the model lacks. */
  warnings: AiWarning[];
  /** The prediction, and the URL of each video. */
  providerMetadata: AiProviderMetadata;
  /** The origin of the answer. */
  response: AiFilesResponse;
}

/** A video model for `experimental_generateVideo`. */
export interface AiVideoModel extends AiModel {
  /** The most videos of one prediction. */
  readonly maxVideosPerCall: number;
  /** Runs the model. */
  doGenerate(options: AiVideoOptions): Promise<AiVideoResult>;
}

/** The options of one call of a speech model. */
export interface AiSpeechOptions extends AiCallOptions {
  /** The text to say. */
  text: string;
  /** The voice, by the model's own name for it. */
  voice?: string | undefined;
  /** The format, such as `mp3`. */
  outputFormat?: string | undefined;
  /** The manner of speaking. */
  instructions?: string | undefined;
  /** The speed, where 1 is normal. */
  speed?: number | undefined;
  /** The language, by its code. */
  language?: string | undefined;
}

/** The speech that a model has made. */
export interface AiSpeechResult {
  /** The sound. */
  audio: Uint8Array;
  /** The settings that the model lacks. */
  warnings: AiWarning[];
  /** The prediction, and the URL of the sound. */
  providerMetadata: AiProviderMetadata;
  /** The origin of the answer. */
  response: AiResponse;
}

/** A speech model for `generateSpeech`. */
export interface AiSpeechModel extends AiModel {
  /** Runs the model. */
  doGenerate(options: AiSpeechOptions): Promise<AiSpeechResult>;
}

/** The options of one call of a transcription model. */
export interface AiTranscriptionOptions extends AiCallOptions {
  /** The sound: bytes, or base64. */
  audio: Uint8Array | string;
  /** The media type of the sound. */
  mediaType: string;
  /** The timings that are wanted: those that the model gives are returned. */
  timestampGranularities?: ("word" | "segment")[] | undefined;
}

/** A part of a transcript, with its time. */
export interface AiSegment {
  /** The text. */
  text: string;
  /** Its start in seconds. */
  startSecond: number;
  /** Its end in seconds. */
  endSecond: number;
}

/** A transcript. */
export interface AiTranscriptionResult {
  /** The whole text. */
  text: string;
  /** The segments, if the model gives them. */
  segments: AiSegment[];
  /** The words, if the model gives them. */
  words?: AiSegment[];
  /** The language, as a code of ISO 639-1, if the model gives one. */
  language: string | undefined;
  /** The length of the sound in seconds, if the model gives it. */
  durationInSeconds: number | undefined;
  /** The settings that the model lacks. */
  warnings: AiWarning[];
  /** The prediction. */
  providerMetadata: AiProviderMetadata;
  /** The origin of the answer. */
  response: AiResponse;
}

/** A transcription model for `transcribe`. */
export interface AiTranscriptionModel extends AiModel {
  /** Runs the model. */
  doGenerate(options: AiTranscriptionOptions): Promise<AiTranscriptionResult>;
  /** Runs the model on a sound that it fetches itself. */
  doGenerateFromUrl(
    options: Omit<AiTranscriptionOptions, "audio" | "mediaType"> & { audio: URL },
  ): Promise<AiTranscriptionResult>;
}

/** The options of one call of an embedding model. */
export interface AiEmbeddingOptions extends AiCallOptions {
  /** The texts. */
  values: string[];
  /** The number of dimensions that are wanted. */
  dimensions?: number | undefined;
}

/** Embeddings, in the order of their texts. */
export interface AiEmbeddingResult {
  /** The embeddings. */
  embeddings: number[][];
  /** The tokens of the texts, if the model counts them. */
  usage?: { tokens: number };
  /** The settings that the model lacks. */
  warnings: AiWarning[];
  /** The prediction. */
  providerMetadata: AiProviderMetadata;
}

/** An embedding model for `embed` and `embedMany`. */
export interface AiEmbeddingModel extends AiModel {
  /** The most texts of one prediction, by the model's schema. */
  readonly maxEmbeddingsPerCall: Promise<number | undefined>;
  /** `true`: the client keeps within the limits of the account. */
  readonly supportsParallelCalls: true;
  /** Runs the model. */
  doEmbed(options: AiEmbeddingOptions): Promise<AiEmbeddingResult>;
}
