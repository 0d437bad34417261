/** The identity of an input: its key, and its likeness to a prediction, also after a restart. */

import { encodeHex } from "@std/encoding/hex";
import { turns } from "../base/async.ts";
import { Walk } from "../files/input_json.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { InputOf, ParsedRef, Ref } from "../run/ref.ts";
import type { BatchOptions } from "./types.ts";

/**
 * Makes the keys for the inputs of one batch. Equal inputs are numbered in the order of the calls, unless
 * they are run once. The returned function rejects with a `TypeError` for an input that has no key.
 */
export function inputKeys<R extends Ref>(
  ref: ParsedRef,
  { key, dedupe }: Pick<BatchOptions<R>, "key" | "dedupe">,
): (input: InputOf<R>, index: number) => Promise<string> {
  const prefix = ref.kind === "version" ? ref.version : `${ref.kind} ${ref.label}`;
  const numbers = new Map<string, number>();
  const inTurn = turns();
  return (input, index) => {
    const text = key ? keyText(key(input, index), index) : canonical(jsonWithoutFiles(input));
    // A digest may overtake another, and then equal inputs would change their numbers.
    return inTurn(async () => {
      const hash = await digest(`${prefix}\n${text}`);
      const number = numbers.get(hash) ?? 0;
      if (!dedupe) numbers.set(hash, number + 1);
      return `${hash}-${number}`;
    });
  };
}

function keyText(key: unknown, index: number): string {
  if (typeof key === "string" && key !== "") return `key ${key}`;
  throw new TypeError(`Cannot use ${JSON.stringify(key)} as the key of input ${index}: give text`);
}

function jsonWithoutFiles(input: object): unknown {
  const why = "it is not known whether it is the same one another time; give the batch a `key`";
  return new Walk("input", input, why).value;
}

/** The value as JSON in which the order of fields does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
  });
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return encodeHex(bytes.slice(0, 20));
}

/** The mark in place of a file, which is sent as some URL. */
const FILE = "data:";

/** The input as it would be sent, with a mark for each file, for `likeness`. */
export async function sentInput(input: object): Promise<object> {
  const walk = new Walk("input", input);
  await walk.settle();
  for (const file of walk.files) file.set(FILE);
  return walk.value as object;
}

/** The likeness of a prediction to a run of `ref` with an input from `sentInput`; `undefined` for none. */
export function likeness(
  ref: ParsedRef,
  sent: object,
  prediction: Prediction,
): "same" | "maybe" | undefined {
  const { source, version, deployment, data_removed } = prediction;
  const isModel = prediction[ref.kind] === (ref.kind === "version" ? ref.version : ref.label);
  // Official models were seen under internal names.
  const mayBeModel = isModel ||
    { model: version === "hidden", version: true, deployment: deployment === undefined }[ref.kind];
  const input = prediction.input ?? {};
  const removed = data_removed || Object.keys(input).length === 0;
  if (source === "web" || !mayBeModel || !(removed || fits(sent, input))) return undefined;
  return isModel && canonical(sent) === canonical(input) ? "same" : "maybe";
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
