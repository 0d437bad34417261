/** Typed models: the types of a ref's input, output and views. */

import { type DeploymentRef, parseRef, type TypedModel } from "../base/ref.ts";
import type { ModelRegistry } from "../base/registry.ts";

export {
  checkOf,
  type DeploymentRef,
  type ParsedRef,
  parseRef,
  type Ref,
  refText,
  type TypedModel,
} from "../base/ref.ts";

/** The input of a ref: that of a typed model, or the one that {@linkcode ModelRegistry} has for a name. */
export type InputOf<R> = R extends keyof ModelRegistry
  ? ModelRegistry[R] extends { readonly input: infer I extends object } ? I : object
  : R extends { readonly types?: { readonly input: infer I extends object } } ? I
  : object;

/** The output of a ref: `unknown`, unless the model is typed. */
export type OutputOf<R> = R extends keyof ModelRegistry
  ? ModelRegistry[R] extends { readonly output: infer O } ? O : unknown
  : R extends TypedModel<object, infer O> ? O
  : unknown;

/** One piece of the output of a ref, as `job.events()` gives it. */
export type ChunkOf<R> = R extends keyof ModelRegistry
  ? ModelRegistry[R] extends { readonly chunk: infer C } ? C : OutputItem<OutputOf<R>>
  : R extends TypedModel<object, unknown, infer C> ? unknown extends C ? OutputItem<OutputOf<R>> : C
  : unknown;

/** One item of an output that is a list, else the whole of it. */
export type OutputItem<O> = O extends readonly (infer T)[] ? T : O;

/**
 * A model with types that you write yourself. `deno task types` writes them from the model's schema, with
 * a check of inputs at run time: see `model` of `@x/replicate/schema`.
 *
 * @throws {TypeError} If `ref` has none of the forms of a {@linkcode Ref}.
 *
 * @example
 * ```ts
 * import { model } from "@x/replicate";
 * import { assertEquals } from "@std/assert";
 *
 * const llama = model<{ prompt: string }, string[]>("meta/meta-llama-3-8b-instruct");
 * // `await client.run(llama, { input: { prompt: "Hi" } })` is a string[].
 * assertEquals(llama.ref, "meta/meta-llama-3-8b-instruct");
 * ```
 */
export function model<I extends object = object, O = unknown>(
  ref: string | DeploymentRef,
): TypedModel<I, O, OutputItem<O>> {
  parseRef(ref);
  return { ref };
}
