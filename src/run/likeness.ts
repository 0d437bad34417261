/** The likeness of a prediction to a run of which no answer is known. */

import { Walk } from "../files/input_json.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { ParsedRef } from "./ref.ts";

/** The mark in place of a file, which is sent as some URL. */
const FILE = "data:";

/** The most levels of lists and objects within each other that are compared. */
const DEEPEST = 1000;

/** A run that is looked for: what it runs, and its input as it was sent. */
export interface SoughtRun {
  readonly ref: ParsedRef;
  readonly input: unknown;
  /** The input as text that does not depend on the order of fields. */
  readonly text: string;
}

/**
 * The run of an input that is JSON.
 *
 * @throws {TypeError} If the input is nested too deeply.
 */
export function soughtRun(ref: ParsedRef, input: object): SoughtRun {
  return { ref, input, text: canonical(input) };
}

/** The input as it would be sent, with a mark for each file. */
export async function sentInput(input: object): Promise<object> {
  const walk = new Walk("input", input);
  await walk.settle();
  for (const file of walk.files) file.set(FILE);
  return walk.value as object;
}

/**
 * The likeness of a prediction to a run: `"same"` if nothing tells them apart, `"maybe"` if the server may
 * show the one as the other; `undefined` for none.
 */
export function likeness(sought: SoughtRun, prediction: Prediction): "same" | "maybe" | undefined {
  const { ref } = sought;
  const { source, version, deployment, data_removed } = prediction;
  const isModel = prediction[ref.kind] === (ref.kind === "version" ? ref.version : ref.label);
  // Official models were seen under internal names.
  const mayBeModel = isModel ||
    { model: version === "hidden", version: true, deployment: deployment === undefined }[ref.kind];
  const input = prediction.input ?? {};
  const removed = data_removed || Object.keys(input).length === 0;
  if (source === "web" || !mayBeModel || !(removed || fits(sought.input, input))) return undefined;
  return isModel && sought.text === canonicalOrNone(input) ? "same" : "maybe";
}

/** True when the server may show `ours` as `theirs`. */
function fits(ours: unknown, theirs: unknown): boolean {
  // A file, or a `data:` URL, may be shown as another URL.
  if (typeof ours === "string" && ours.startsWith(FILE)) return typeof theirs === "string";
  if (typeof ours !== "object" || typeof theirs !== "object" || !ours || !theirs) {
    return ours === theirs;
  }
  const isList = Array.isArray(ours);
  if (isList !== Array.isArray(theirs)) return false;
  const record = theirs as Record<string, unknown>;
  // Further fields of an object may be defaults that the server has filled in.
  if (isList && Object.keys(record).length !== ours.length) return false;
  return Object.entries(ours).every(([key, value]) =>
    value === undefined || (Object.hasOwn(record, key) && fits(value, record[key]))
  );
}

/**
 * A value as JSON in which the order of fields does not count.
 *
 * @throws {TypeError} If it is nested too deeply.
 */
export function canonical(value: unknown, levels: number = DEEPEST): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (levels === 0) {
    throw new TypeError(
      `Cannot compare this input with others: it has more than ${DEEPEST} levels within each other`,
    );
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonical(item, levels - 1)).join(",")}]`;
  }
  const fields = Object.entries(value).filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, levels - 1)}`);
  return `{${fields.join(",")}}`;
}

/** The same; `undefined` for what is nested more deeply than any input of ours. */
function canonicalOrNone(value: unknown): string | undefined {
  try {
    return canonical(value);
  } catch {
    return undefined;
  }
}
