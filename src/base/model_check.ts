/** The shape of what knows a model's schema at run time; the code is in `src/schema`. */

/** One thing that is wrong with what was about to be sent. */
export interface InputIssue {
  /** The place, such as `input.frames[2].mask`. */
  path: string;
  /** The kind of problem, by the server's name for it, such as `required` or `number_lte`. */
  code: string;
  /** The problem in words. */
  message: string;
  /** The fix, where it is known. */
  suggestion?: string;
}

/** Returns the value with a mark in place of each secret in it; an error is changed itself. */
export type Redact = <T>(value: T) => T;

/** Reads a part of an output: as a file where the schema says so, else by its value. */
export type ReadLeaf = (value: unknown, isFile: boolean) => unknown;

/** The knowledge of a model's schema: it checks inputs, and reads outputs. */
export interface ModelCheck {
  /** Returns a copy of the input as it is sent, without nulls, and all that is wrong with it. */
  input(input: object, coerce?: boolean): { input: object; issues: InputIssue[] };
  /** Reads an output by the schema where it fits, and by its value where it does not. */
  output(output: unknown, read: ReadLeaf): unknown;
  /** Reads one item of an output that is a list. */
  chunk(item: unknown, read: ReadLeaf): unknown;
  /** The names of the fields that are secrets. */
  readonly secrets: readonly string[];
  /** Returns a function that hides the secrets of this input; `undefined` if there are none. */
  redactor(input: object): Redact | undefined;
}

/** The way that an input that does not fit its schema is met. */
export type Validation = "off" | "warn" | "strict";
