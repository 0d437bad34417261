/** References to what can be run: models, versions and deployments. */

/** A reference to a deployment. */
export interface DeploymentRef {
  /** The deployment's `owner/name`. */
  deployment: string;
}

/** A model that knows the types of its input and output. Make one with {@linkcode model}. */
export interface TypedModel<I extends object = object, O = unknown> {
  /** The reference that it is run by. */
  readonly ref: string | DeploymentRef;
  /** The types, for the compiler only: never there at run time. */
  readonly types?: { readonly input: I; readonly output: O };
}

/**
 * A reference to what `run`, `start`, `stream`, `batch` and `use` run: `"owner/name"`,
 * `"owner/name:version"`, a version's id, `{ deployment: "owner/name" }`, or a typed model.
 */
export type Ref = string | DeploymentRef | TypedModel<object, unknown>;

/** The input of a ref. */
export type InputOf<R> = R extends { readonly types?: { readonly input: infer I extends object } }
  ? I
  : object;

/** The output of a ref: `unknown`, unless the model is typed. */
export type OutputOf<R> = R extends TypedModel<object, infer O> ? O : unknown;

/**
 * A model with types for its input and output.
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
): TypedModel<I, O> {
  parseRef(ref);
  return { ref };
}

/** A ref, taken apart. `label` is its name in messages. */
export type ParsedRef =
  | { kind: "model"; owner: string; name: string; label: string }
  | { kind: "version"; version: string; label: string }
  | { kind: "deployment"; owner: string; name: string; label: string };

/** `owner/name`, perhaps with `:version`. No part is `.` or `..`. */
const MODEL =
  /^((?!\.{1,2}(?:[/:]|$))[^\s/:?#%\\]+)\/((?!\.{1,2}(?:[/:]|$))[^\s/:?#%\\]+)(?::([^\s/:]+))?$/;
const VERSION = /^[0-9a-f]{64}$/;

/**
 * Takes a ref apart.
 *
 * @throws {TypeError} If it has none of the forms; the message shows them.
 */
export function parseRef(ref: Ref): ParsedRef {
  if (typeof ref === "object" && ref !== null && "ref" in ref) return parseRef(ref.ref);
  if (typeof ref === "object" && ref !== null && "deployment" in ref) {
    const [, owner, name, version] = MODEL.exec(String(ref.deployment)) ?? [];
    if (owner && name && !version) {
      return { kind: "deployment", owner, name, label: `${owner}/${name}` };
    }
  } else if (typeof ref === "string") {
    if (VERSION.test(ref)) {
      return { kind: "version", version: ref, label: `version ${ref.slice(0, 12)}` };
    }
    const [, owner, name, version] = MODEL.exec(ref) ?? [];
    if (owner && name) {
      const label = `${owner}/${name}`;
      return version ? { kind: "version", version, label } : { kind: "model", owner, name, label };
    }
  }
  throw new TypeError(
    `Cannot run ${JSON.stringify(ref) ?? String(ref)}: give "owner/name", "owner/name:version", ` +
      `a version's id of 64 hex digits, or { deployment: "owner/name" }`,
  );
}

/** A ref as text, without what is known of its types. */
export function refText(ref: Ref): string {
  if (typeof ref === "string") return ref;
  return "ref" in ref ? refText(ref.ref) : ref.deployment;
}
