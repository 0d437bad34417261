/** References to what can be run: models, versions, deployments and typed models. */

import type { ModelCheck } from "./model_check.ts";
import { excerpt } from "./text.ts";

/** A reference to a deployment. */
export interface DeploymentRef {
  /** The deployment's `owner/name`. */
  deployment: string;
}

/**
 * A model that knows the types of its input and output: one made with {@linkcode model}, or one that
 * `deno task types` has written from the model's schema.
 */
export interface TypedModel<I extends object = object, O = unknown, C = unknown> {
  /** The reference that it is run by. */
  readonly ref: string | DeploymentRef;
  /** The types, for the compiler only: never there at run time. */
  readonly types?: { readonly input: I; readonly output: O; readonly chunk: C };
  /** The check of its input, and the reader of its output, if it has a schema. */
  readonly check?: ModelCheck | undefined;
}

/** A trainer that knows the types of its input and output, for `trainings.create`. */
export interface TypedTrainer<I extends object = object, O = unknown> {
  /** The trainer, as `owner/name` or `owner/name:version`. */
  readonly trainer: string;
  /** The types, for the compiler only: never there at run time. */
  readonly types?: { readonly input: I; readonly output: O };
  /** The check of its input. */
  readonly check?: ModelCheck | undefined;
}

/**
 * A reference to what `run`, `start`, `stream`, `batch` and `use` run: `"owner/name"`,
 * `"owner/name:version"`, a version's id, `{ deployment: "owner/name" }`, or a typed model.
 */
export type Ref = string | DeploymentRef | TypedModel<object, unknown>;

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
    `Cannot run ${shownRef(ref)}: give "owner/name", "owner/name:version", ` +
      `a version's id of 64 hex digits, or { deployment: "owner/name" }`,
  );
}

/** A wrong ref for a message: of an object its keys only, as it may be the input in a wrong place. */
function shownRef(ref: unknown): string {
  if (typeof ref === "string") return JSON.stringify(excerpt(ref, 80));
  if (typeof ref !== "object" || ref === null) return String(ref);
  return `an object with ${Object.keys(ref).slice(0, 5).join(", ") || "no fields"}`;
}

/** A ref as text, without what is known of its types. */
export function refText(ref: Ref): string {
  if (typeof ref === "string") return ref;
  return "ref" in ref ? refText(ref.ref) : ref.deployment;
}

/** The check that a typed model comes with, if it has a schema. */
export function checkOf(ref: Ref | undefined): ModelCheck | undefined {
  return typeof ref === "object" && ref !== null && "ref" in ref ? ref.check : undefined;
}
