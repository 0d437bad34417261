/** The types of a language model of the AI SDK, by their structure (specification v4). */

import type {
  AiCallOptions,
  AiJsonObject,
  AiModel,
  AiProviderMetadata,
  AiWarning,
} from "./shared_types.ts";

/** The data of a file in a prompt: tagged, as today, or plain, as before specification v4. */
export type AiFileData =
  | { type: "data"; data: Uint8Array | string }
  | { type: "url"; url: URL }
  | { type: "reference"; reference: Record<string, string> }
  | { type: "text"; text: string }
  | Uint8Array
  | string
  | URL;

/** A part of a message. Kinds that are not named are left out, with a warning. */
export interface AiPart {
  /** The kind of part: `text`, `file`, `reasoning`, `tool-call`, ... */
  type: string;
  /** The text of a `text` part. */
  text?: string;
  /** The content of a `file` part. */
  data?: AiFileData;
  /** The media type of a `file` part. */
  mediaType?: string;
  /** The name of a `file` part. */
  filename?: string | undefined;
}

/** A message of a prompt. */
export type AiMessage =
  | { role: "system"; content: string }
  | { role: "user" | "assistant" | "tool"; content: readonly AiPart[] };

/** The options of one call of a language model. */
export interface AiLanguageOptions extends AiCallOptions {
  /** The messages so far. */
  prompt: readonly AiMessage[];
  /** The most tokens of the answer. */
  maxOutputTokens?: number | undefined;
  /** The temperature, in the model's own range. */
  temperature?: number | undefined;
  /** Texts that end the answer. */
  stopSequences?: string[] | undefined;
  /** The share of likely tokens that are sampled. */
  topP?: number | undefined;
  /** The number of likely tokens that are sampled. */
  topK?: number | undefined;
  /** The penalty for tokens that are in the text already. */
  presencePenalty?: number | undefined;
  /** The penalty for tokens by their number in the text. */
  frequencyPenalty?: number | undefined;
  /** The seed of the sampling. */
  seed?: number | undefined;
  /** The form of the answer: text, or JSON by a schema. */
  responseFormat?:
    | { type: "text" }
    | { type: "json"; schema?: unknown; name?: string; description?: string }
    | undefined;
  /** Tools, which models on Replicate do not have. */
  tools?: readonly unknown[] | undefined;
  /** The choice of a tool. */
  toolChoice?: unknown;
  /** The effort of reasoning. */
  reasoning?: string | undefined;
  /** `true` passes the server's events on. */
  includeRawChunks?: boolean | undefined;
}

/** The tokens that a call has used, as far as the model counts them. */
export interface AiUsage {
  /** The tokens of the prompt. */
  inputTokens: {
    total: number | undefined;
    noCache: number | undefined;
    cacheRead: number | undefined;
    cacheWrite: number | undefined;
  };
  /** The tokens of the answer. */
  outputTokens: {
    total: number | undefined;
    text: number | undefined;
    reasoning: number | undefined;
  };
  /** The metrics of the prediction. */
  raw?: AiJsonObject;
}

/** The reason for which an answer ended. */
export interface AiFinishReason {
  /** The reason in the AI SDK's words. */
  unified: "stop" | "length" | "error";
  /** The status of the prediction. */
  raw: string | undefined;
}

/** The answer of a language model. */
export interface AiLanguageResult {
  /** The text, in one piece. */
  content: { type: "text"; text: string }[];
  /** The reason for which the answer ended. */
  finishReason: AiFinishReason;
  /** The tokens that were used. */
  usage: AiUsage;
  /** The settings that the model lacks. */
  warnings: AiWarning[];
  /** The prediction's `id`, `version` and `metrics` under `replicate`. */
  providerMetadata: AiProviderMetadata;
  /** The prediction's id and time. */
  response: { id: string; timestamp: Date; modelId: string };
}

/** A part of the stream of an answer. */
export type AiStreamPart =
  | { type: "stream-start"; warnings: AiWarning[] }
  | { type: "response-metadata"; id: string; timestamp: Date; modelId: string }
  | { type: "text-start" | "text-end"; id: string }
  | { type: "text-delta"; id: string; delta: string }
  | { type: "raw"; rawValue: unknown }
  | { type: "error"; error: unknown }
  | {
    type: "finish";
    finishReason: AiFinishReason;
    usage: AiUsage;
    providerMetadata: AiProviderMetadata;
  };

/** A language model for `generateText`, `streamText` and all that builds on them. */
export interface AiLanguageModel extends AiModel {
  /** The URLs that are sent as they are: Replicate fetches them. */
  readonly supportedUrls: Record<string, RegExp[]>;
  /** Runs the model to its end. */
  doGenerate(options: AiLanguageOptions): Promise<AiLanguageResult>;
  /** Runs the model, and streams its answer. */
  doStream(options: AiLanguageOptions): Promise<{ stream: ReadableStream<AiStreamPart> }>;
}
