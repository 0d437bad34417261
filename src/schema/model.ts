/** Typed models that know their schema: what `deno task types` writes. */

import type { ModelCheck } from "../base/model_check.ts";
import { type DeploymentRef, parseRef, type TypedModel, type TypedTrainer } from "../base/ref.ts";
import { modelCheck } from "./model_check.ts";
import type { ModelShape } from "./shape.ts";
import { type InputSchema, inputSchema } from "./standard.ts";

/** A typed model that knows its schema. Make one with {@linkcode model}. */
export interface SchemaModel<I extends object = object, O = unknown, C = unknown>
  extends TypedModel<I, O, C> {
  /** The input as a Standard Schema, for tools, routes and forms of other libraries. */
  readonly input: InputSchema<I>;
  /** The check of its input, and the reader of its output. */
  readonly check: ModelCheck;
}

/** A typed trainer that knows its schema. Make one with {@linkcode trainer}. */
export interface SchemaTrainer<I extends object = object, O = unknown> extends TypedTrainer<I, O> {
  /** The input as a Standard Schema, for tools, routes and forms of other libraries. */
  readonly input: InputSchema<I>;
  /** The check of its input. */
  readonly check: ModelCheck;
}

/**
 * A model with types and a schema, as `deno task types` writes it. Inputs are checked before anything is
 * uploaded or sent, and outputs are read by the schema.
 *
 * @param ref The reference that it is run by.
 * @param options The model's shape as `schema`: an object, or its JSON, which costs a compiler less.
 * @throws {TypeError} If `ref` has none of the forms of a `Ref`.
 *
 * @example
 * ```ts
 * import { Client, InputError } from "@x/replicate";
 * import { model } from "@x/replicate/schema";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const run = ({ n }: { n?: unknown }) => Number(n) ** 2;
 * await using fake = new FakeReplicate({ models: { "acme/square": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const square = model<{ n: number }, number>("acme/square", {
 *   schema: {
 *     input: { properties: { n: { type: "integer", maximum: 9 } }, required: ["n"] },
 *     output: { type: "integer" },
 *   },
 * });
 * const output: number = await client.run(square, { input: { n: 3 } });
 * assertEquals(output, 9);
 * const error = await client.run(square, { input: { n: 10 } }).catch((error) => error);
 * assert(error instanceof InputError);
 * assertEquals(error.issues[0]?.path, "input.n");
 * ```
 */
export function model<I extends object = object, O = unknown, C = unknown>(
  ref: string | DeploymentRef,
  { schema }: { readonly schema: ModelShape | string },
): SchemaModel<I, O, C> {
  parseRef(ref);
  const shape = lazy(schema);
  return { ref, input: inputSchema<I>(shape), check: modelCheck(shape) };
}

/**
 * A trainer with types and a schema, for `trainings.create`. Its input is checked before anything is
 * uploaded or sent.
 *
 * @param ref The trainer, as `owner/name` or `owner/name:version`.
 * @param options The shape of the training as `schema`: an object, or its JSON.
 * @throws {TypeError} If `ref` has neither form.
 *
 * @example
 * ```ts
 * import { trainer } from "@x/replicate/schema";
 * import { assertEquals } from "@std/assert";
 *
 * const lora = trainer<{ images: string }>("acme/trainer", {
 *   schema: { input: { properties: { images: { type: "string", format: "uri" } } } },
 * });
 * assertEquals(lora.check.input({ images: "no URL" }).issues[0]?.code, "format");
 * ```
 */
export function trainer<I extends object = object, O = unknown>(
  ref: string,
  { schema }: { readonly schema: ModelShape | string },
): SchemaTrainer<I, O> {
  if (parseRef(ref).kind === "deployment" || !ref.includes("/")) {
    throw new TypeError(`Cannot train with ${ref}: give "owner/name" or "owner/name:version"`);
  }
  const shape = lazy(schema);
  return { trainer: ref, input: inputSchema<I>(shape), check: modelCheck(shape) };
}

/** The shape, parsed when it is first needed: most programs name more models than they run. */
function lazy(schema: ModelShape | string): () => ModelShape {
  let shape: ModelShape | undefined;
  return () => shape ??= typeof schema === "string" ? JSON.parse(schema) as ModelShape : schema;
}
