/** A provider, and models with the schemas that those on Replicate have. */

import { inWorld, type World } from "../run/world.ts";
import type { JsonSchema } from "../../src/schema/mod.ts";
import { replicate, type ReplicateProvider } from "../../src/ai/mod.ts";
import type { FakeInput, FakeJob, FakeModel, FakeOptions } from "../../src/testing/mod.ts";

// The SDK prints each warning of a result, unless it is told not to.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

/** The objects that a test of the provider works with. */
export interface AiWorld extends World {
  ai: ReplicateProvider;
  /** The inputs of the predictions so far. */
  inputs: () => FakeInput[];
}

/** Runs a test in virtual time, with a provider on a fake. */
export function inAiWorld<T>(
  models: Record<string, FakeModel>,
  run: (world: AiWorld) => Promise<T>,
  options: { fake?: Partial<FakeOptions> } = {},
): Promise<T> {
  return inWorld(models, async (world) => {
    const ai = replicate(world.client);
    const inputs = (): FakeInput[] => [...world.fake.predictions.values()].map((it) => it.input);
    return await run({ ...world, ai, inputs });
  }, options);
}

/** A model that answers with what it got, and counts tokens. */
export function chat(
  properties: Record<string, JsonSchema>,
  more: Partial<FakeModel> & { words?: readonly string[] } = {},
): FakeModel {
  const { words = ["Rain", " taps", " softly"], ...rest } = more;
  async function* run(_: FakeInput, job: FakeJob): AsyncGenerator<string> {
    for (const word of words) {
      await job.sleep(100);
      yield word;
    }
    job.metric("input_token_count", 11);
    job.metric("output_token_count", words.length);
  }
  return { official: true, schema: { type: "object", properties } as JsonSchema, run, ...rest };
}

export const TEXT: JsonSchema = { type: "string" };
export const NUMBER: JsonSchema = { type: "number" };
export const INTEGER: JsonSchema = { type: "integer" };
export const FILE: JsonSchema = { type: "string", format: "uri" };
export const FILES: JsonSchema = { type: "array", items: FILE };

/** As `meta/meta-llama-3-70b-instruct` has it. */
export const LLAMA: Record<string, JsonSchema> = {
  prompt: TEXT,
  system_prompt: TEXT,
  max_tokens: INTEGER,
  temperature: NUMBER,
  top_p: NUMBER,
  stop_sequences: TEXT,
};

/** As `openai/gpt-4o` has it. */
export const GPT: Record<string, JsonSchema> = {
  prompt: TEXT,
  messages: { type: "array", items: { type: "object" } },
  image_input: FILES,
  system_prompt: TEXT,
  max_completion_tokens: INTEGER,
  reasoning_effort: { enum: ["low", "high"], type: "string" },
};
