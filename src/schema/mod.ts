/**
 * Typed models: what a model's schema says, as types while you write, and as a check while you run.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { model } from "@x/replicate/schema";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = ({ text }: { text?: unknown }) => String(text).toUpperCase();
 * await using fake = new FakeReplicate({ models: { "acme/shout": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * // `deno task types acme/shout` writes this, with an interface for the input.
 * const shout = model<{ text: string }, string>("acme/shout", {
 *   schema: { input: { properties: { text: { type: "string" } } }, output: { type: "string" } },
 * });
 * const output: string = await client.run(shout, { input: { text: "hello" } });
 * assertEquals(output, "HELLO");
 * ```
 *
 * @module
 */

export type { DeploymentRef, TypedModel, TypedTrainer } from "../base/ref.ts";
export type { InputIssue, ModelCheck, ReadLeaf, Redact, Validation } from "../base/model_check.ts";
export type { SchemaAnswer, SchemaCheck, SchemaQuestion } from "../base/schema_check.ts";
export { schemaCheck } from "./find.ts";
export type { JsonSchema, Schemas } from "./json_schema.ts";
export { model, type SchemaModel, type SchemaTrainer, trainer } from "./model.ts";
export type { ModelShape } from "./shape.ts";
export type { InputSchema, StandardFailure, StandardSuccess } from "./standard.ts";
