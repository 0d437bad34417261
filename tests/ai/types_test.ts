import type * as Spec from "npm:@ai-sdk/provider@4.0.38";
import {
  APICallError,
  type Experimental_VideoModelV4 as VideoModelV4,
} from "npm:@ai-sdk/provider@4.0.38";
import { assertEquals, assertThrows } from "@std/assert";
import { Client, PredictionError } from "../../mod.ts";
import { AiCallError, inputOptions, replicate } from "../../src/ai/mod.ts";
import { model } from "../../src/schema/mod.ts";

const ai = replicate(new Client("r8_test"));
const hidden = "acme/model";

Deno.test("replicate() gives models that fit the real types of specification v4", () => {
  const provider: Spec.ProviderV4 = ai;
  const language: Spec.LanguageModelV4 = ai(hidden);
  const image: Spec.ImageModelV4 = ai.image(hidden);
  const video: VideoModelV4 = ai.video(hidden);
  const speech: Spec.SpeechModelV4 = ai.speech(hidden);
  const transcription: Spec.TranscriptionModelV4 = ai.transcription(hidden);
  const embedding: Spec.EmbeddingModelV4 = ai.embedding(hidden);
  const models = [language, image, video, speech, transcription, embedding];
  assertEquals(new Set(models.map((it) => it.specificationVersion)), new Set(["v4"]));
  assertEquals(provider.languageModel("acme/other").modelId, "acme/other");
});

Deno.test("AiCallError is an APICallError for every copy of the SDK", () => {
  const prediction = { id: "p1", status: "failed", error: "no", model: "acme/model" };
  const cause = new PredictionError(prediction as unknown as PredictionError["prediction"]);
  const error = new AiCallError(cause, false);
  assertEquals(APICallError.isInstance(error), true);
  if (APICallError.isInstance(error)) {
    // Narrowed to the real type: every field of it is there.
    const { isRetryable, statusCode, url, data } = error as APICallError;
    assertEquals([isRetryable, statusCode, url], [false, undefined, ""]);
    assertEquals(data, { id: "p1", status: "failed", kind: "model" });
  }
  assertEquals(error.name, "AI_APICallError");
});

Deno.test("replicate() takes typed models and deployments, and says what it lacks", () => {
  const typed = model<{ prompt: string; min_tokens?: number }, string[]>("meta/llama", {
    schema: { input: { properties: { prompt: { type: "string" } } } },
  });
  assertEquals(ai(typed).modelId, "meta/llama");
  assertEquals(ai({ deployment: "acme/fast" }).modelId, "acme/fast");
  const options: Spec.SharedV4ProviderOptions = inputOptions(typed, { min_tokens: 3 });
  assertEquals(options, { replicate: { min_tokens: 3 } });
  // @ts-expect-error: the model has no such field
  inputOptions(typed, { min_token: 3 });
  // @ts-expect-error: the field is a number
  inputOptions(typed, { min_tokens: "3" });
  assertThrows(() => ai("llama"), TypeError, 'Cannot run "llama": give "owner/name"');
  assertThrows(
    () => replicate(undefined as unknown as Client),
    TypeError,
    "Cannot make a provider: give a client",
  );
});
