/** The question for the schema of a model that is named by text; the code is in `src/schema`. */

import type { ModelCheck } from "./model_check.ts";
import type { ParsedRef } from "./ref.ts";

/** A question for the schema of a model that is named by text. */
export interface SchemaQuestion {
  /** The model, version or deployment. */
  readonly ref: ParsedRef;
  /** Reads a path of the API. */
  get(path: string): Promise<unknown>;
  /** The object that the answers are remembered for, as long as it is there. */
  readonly owner: object;
  /** The input: one that does not fit a schema that may be out of date is a reason to ask again. */
  readonly input: object;
  /** `true` if numeric text is taken for a number. */
  readonly coerce?: boolean | undefined;
}

/** The answer to a {@linkcode SchemaQuestion}. */
export interface SchemaAnswer {
  /** The check; `undefined` for a model without a schema. */
  readonly check: ModelCheck | undefined;
  /** The version that the schema is of, if that is the one to run. */
  readonly version: string | undefined;
}

/** Finds the schema of a model that is named by text: `schemaCheck` of `@x/replicate/schema`. */
export type SchemaCheck = (question: SchemaQuestion) => Promise<SchemaAnswer>;
