/** The views of an output: its text, its JSON and its files. */

import { parsed } from "../base/text.ts";
import { ReplicateError } from "../errors.ts";
import type { FileOutput } from "../files/output.ts";
import type { FileCodec, Parts } from "../http/types.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Settled } from "./settled.ts";

/** The views of the output of a run: promises of what a program most often wants of it. */
export interface OutputViews {
  /**
   * The output as text: text as it is, a list of text joined without a gap.
   *
   * @throws {ReplicateError} If the output is something else, such as several files: see `files()`.
   */
  text(): Promise<string>;
  /**
   * The output as JSON: text, or a list of pieces of text, is parsed if it is JSON; anything else is given
   * as the API sent it. Where a sink has kept files, their places stand for their URLs.
   *
   * @throws {ReplicateError} If the output is one text that is no JSON.
   */
  json<T = unknown>(): Promise<T>;
  /**
   * The only file of the output: the output itself, or the one in a list or an object.
   *
   * @throws {ReplicateError} If there is not just one; the message names what there is.
   */
  file(): Promise<FileOutput>;
  /** Every file of the output, at any depth, in order. */
  files(): Promise<FileOutput[]>;
}

/** The only file of an output. */
export function fileOf(parts: Parts | undefined, { output }: Settled<unknown>): FileOutput {
  return codecOf(parts).single(output) as FileOutput;
}

/** Every file of an output. */
export function filesOf(parts: Parts | undefined, { output }: Settled<unknown>): FileOutput[] {
  return codecOf(parts).all(output) as FileOutput[];
}

/**
 * The part that knows files.
 *
 * @throws {TypeError} If it is missing.
 */
export function codecOf(parts: Parts | undefined): FileCodec {
  const codec = parts?.fileCodec;
  if (codec) return codec;
  throw new TypeError("Cannot give files: give createSend the part, as in { fileCodec }");
}

/** The output as text. */
export function textOf({ prediction: { id, output } }: Settled<unknown>): string {
  if (typeof output === "string") return output;
  // The URLs of several files, one after the other without a gap, would be of no use to anybody.
  if (isTexts(output) && !(output.length > 1 && output.every(isUrl))) return output.join("");
  throw new ReplicateError(
    `Cannot read the output of prediction ${id} as text: it is ${shapeOf(output)}`,
  );
}

/** The output as JSON. */
export function jsonOf({ prediction: { id, output }, ...settled }: Settled<unknown>): unknown {
  if (settled.stored?.length) return JSON.parse(JSON.stringify(settled.output));
  if (isTexts(output)) {
    const json = parsed(output.join(""));
    // A list of words, or of numbers as text, is JSON as it is, as a list of objects is.
    return typeof json === "object" ? json : output;
  }
  if (typeof output !== "string") return output;
  try {
    return JSON.parse(output);
  } catch (cause) {
    throw new ReplicateError(
      `Cannot read the output of prediction ${id} as JSON: it is text that is no JSON`,
      { cause },
    );
  }
}

function isUrl(text: string): boolean {
  return /^(?:https?:\/\/|data:)\S+$/i.test(text);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function shapeOf(value: Prediction["output"]): string {
  if (value === null || value === undefined) return "empty";
  if (isTexts(value)) return `a list of ${value.length} files: use files()`;
  return `${Array.isArray(value) ? "a mixed list" : `of type ${typeof value}`}: use json()`;
}
