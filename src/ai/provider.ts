/** The provider: models of the AI SDK, by the refs of this library. */

import { parseRef, type Ref } from "../base/ref.ts";
import type { InputOf } from "../run/ref.ts";
import type { Shared } from "./call.ts";
import type { AiClient } from "./client.ts";
import { embeddingModel } from "./embedding.ts";
import { KnownFields } from "./fields.ts";
import { imageModel } from "./image.ts";
import { languageModel } from "./language.ts";
import type { AiLanguageModel } from "./language_types.ts";
import type {
  AiEmbeddingModel,
  AiImageModel,
  AiSpeechModel,
  AiTranscriptionModel,
  AiVideoModel,
} from "./media_types.ts";
import type { AiJsonObject } from "./shared_types.ts";
import { speechModel } from "./speech.ts";
import { transcriptionModel } from "./transcription.ts";
import { videoModel } from "./video.ts";

/**
 * A provider for the AI SDK. Each method takes any ref of this library, such as `"owner/name"` or a typed
 * model. Called itself, a provider gives a language model.
 */
export interface ReplicateProvider {
  /** A language model. */
  (ref: Ref): AiLanguageModel;
  /** The version of the AI SDK's specification for providers. */
  readonly specificationVersion: "v4";
  /** A language model for `generateText`, `streamText` and agents. */
  languageModel(ref: Ref): AiLanguageModel;
  /** An image model for `generateImage`. */
  imageModel(ref: Ref): AiImageModel;
  /** A video model for `experimental_generateVideo`. */
  videoModel(ref: Ref): AiVideoModel;
  /** A speech model for `generateSpeech`. */
  speechModel(ref: Ref): AiSpeechModel;
  /** A transcription model for `transcribe`. */
  transcriptionModel(ref: Ref): AiTranscriptionModel;
  /** An embedding model for `embed` and `embedMany`. */
  embeddingModel(ref: Ref): AiEmbeddingModel;
  /** The short name of `imageModel`, as other providers have it. */
  image(ref: Ref): AiImageModel;
  /** The short name of `videoModel`. */
  video(ref: Ref): AiVideoModel;
  /** The short name of `speechModel`. */
  speech(ref: Ref): AiSpeechModel;
  /** The short name of `transcriptionModel`. */
  transcription(ref: Ref): AiTranscriptionModel;
  /** The short name of `embeddingModel`. */
  embedding(ref: Ref): AiEmbeddingModel;
}

/**
 * A provider for the AI SDK (`ai` 7) that runs models with a client: with its token, its rate limits and
 * its retries.
 *
 * The settings of the SDK become the fields that the model's schema has, which is asked for once; a
 * setting that the model lacks is a warning of the result. Other fields are set by
 * `providerOptions: { replicate: { ... } }`, with types by {@linkcode inputOptions}. An `abortSignal`
 * cancels the prediction. Errors are an {@linkcode AiCallError}.
 *
 * @param client The client.
 * @throws {TypeError} If there is no client.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { replicate } from "@x/replicate/ai";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = ({ prompt }: { prompt?: unknown }) => ["You said: ", String(prompt)];
 * await using fake = new FakeReplicate({ models: { "acme/chat": { official: true, run } } });
 * const ai = replicate(new Client({ auth: "r8_test", fetch: fake.fetch }));
 *
 * // With the SDK: await generateText({ model: ai("acme/chat"), prompt: "Hi" })
 * const prompt = [{ role: "user" as const, content: [{ type: "text", text: "Hi" }] }];
 * const { content } = await ai("acme/chat").doGenerate({ prompt });
 * assertEquals(content, [{ type: "text", text: "You said: Hi" }]);
 * ```
 */
export function replicate(client: AiClient): ReplicateProvider {
  if (typeof client?.run !== "function" || typeof client.request !== "function") {
    throw new TypeError("Cannot make a provider: give a client, as in replicate(new Client())");
  }
  const shared: Shared = { client, fields: new KnownFields(client) };
  const models = {
    languageModel: (ref: Ref) => languageModel(shared, ref),
    imageModel: (ref: Ref) => imageModel(shared, ref),
    videoModel: (ref: Ref) => videoModel(shared, ref),
    speechModel: (ref: Ref) => speechModel(shared, ref),
    transcriptionModel: (ref: Ref) => transcriptionModel(shared, ref),
    embeddingModel: (ref: Ref) => embeddingModel(shared, ref),
  };
  return Object.assign((ref: Ref) => languageModel(shared, ref), models, {
    specificationVersion: "v4" as const,
    image: models.imageModel,
    video: models.videoModel,
    speech: models.speechModel,
    transcription: models.transcriptionModel,
    embedding: models.embeddingModel,
  });
}

/** Fields of a model's input, in the form of `providerOptions`. */
export type InputOptions = {
  /** The fields. */
  replicate: AiJsonObject;
};

/**
 * Fields of a model's input for `providerOptions`, with the types of a typed model. They win over the
 * settings of the SDK.
 *
 * @example
 * ```ts
 * import { inputOptions } from "@x/replicate/ai";
 * import { model } from "@x/replicate/schema";
 * import { assertEquals } from "@std/assert";
 *
 * const llama = model<{ prompt: string; min_tokens?: number }, string[]>("meta/llama", {
 *   schema: { input: { properties: { prompt: {}, min_tokens: { type: "integer" } } } },
 * });
 * // In generateText({ model: ai(llama), prompt, providerOptions: inputOptions(llama, ...) })
 * assertEquals(inputOptions(llama, { min_tokens: 8 }), { replicate: { min_tokens: 8 } });
 * ```
 */
export function inputOptions<R extends Ref>(ref: R, input: Partial<InputOf<R>>): InputOptions {
  parseRef(ref);
  return { replicate: { ...input } as AiJsonObject };
}
