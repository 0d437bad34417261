/** What tells one input of a batch from another, also after a restart. */

import { Walk } from "../files/walk.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { BatchOptions } from "./batch_types.ts";
import type { InputOf, ParsedRef, Ref } from "./ref.ts";

/** Stands for a file in an input, which is sent as some URL. */
const FILE: unique symbol = Symbol("file");

/** Names the inputs of one batch, in the order in which they are asked for. */
export class BatchKeys<R extends Ref> {
  readonly #prefix: string;
  readonly #options: Pick<BatchOptions<R>, "key" | "dedupe">;
  readonly #seen = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(ref: ParsedRef, options: Pick<BatchOptions<R>, "key" | "dedupe">) {
    this.#prefix = ref.kind === "version" ? ref.version : `${ref.kind} ${ref.label}`;
    this.#options = options;
  }

  /**
   * The name of an input. Equal ones are numbered, unless they are to be run once.
   *
   * @throws {TypeError} If it cannot be named.
   */
  of(input: InputOf<R>, index: number): Promise<string> {
    const hash = digest(`${this.#prefix}\n${this.#text(input, index)}`);
    // A digest may overtake another, and then equal inputs would change their numbers.
    const name = this.#turn.then(() => hash).then((hash) => this.#number(hash));
    this.#turn = name.catch(() => {});
    return name;
  }

  #text(input: InputOf<R>, index: number): string {
    const { key } = this.#options;
    if (!key) return canonical(jsonWithoutFiles(input));
    const text = key(input, index);
    if (typeof text === "string" && text !== "") return `key ${text}`;
    throw new TypeError(
      `Cannot use ${JSON.stringify(text)} as the key of input ${index}: give text`,
    );
  }

  #number(hash: string): string {
    if (this.#options.dedupe) return `${hash}-0`;
    const number = this.#seen.get(hash) ?? 0;
    this.#seen.set(hash, number + 1);
    return `${hash}-${number}`;
  }
}

function jsonWithoutFiles(input: object): unknown {
  const refuse = "it is not known whether it is the same one another time; give the batch a `key`";
  return new Walk("input", input, refuse).value;
}

/** JSON in which the order of fields does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
  });
}

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)),
  );
  return Array.from(bytes.subarray(0, 20), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether a prediction is that of an input: certainly, perhaps, or not. */
export type Likeness = "same" | "maybe" | "other";

/** The input as it would be sent, with a mark for each file, to compare predictions with. */
export async function sentInput(input: object): Promise<unknown> {
  const walk = new Walk("input", input);
  await walk.settle();
  for (const file of walk.files) file.set(FILE);
  return walk.value;
}

/** Whether a prediction is a run of `ref`, with what `sentInput` gave. */
export function likeness(ref: ParsedRef, sent: unknown, prediction: Prediction): Likeness {
  if (prediction.source === "web") return "other";
  const model = modelLikeness(ref, prediction);
  if (model === "other") return "other";
  const removed = prediction.data_removed || Object.keys(prediction.input ?? {}).length === 0;
  const isEmpty = Object.keys(sent as object).length === 0;
  if (removed && !isEmpty) return "maybe";
  return least(model, compare(sent, prediction.input));
}

function modelLikeness(ref: ParsedRef, { model, version, deployment }: Prediction): Likeness {
  if (ref.kind === "deployment") {
    return deployment === ref.label ? "same" : deployment === undefined ? "maybe" : "other";
  }
  if (ref.kind === "version") return version === ref.version ? "same" : "maybe";
  // Official models were seen under internal names.
  return model === ref.label ? "same" : version === "hidden" ? "maybe" : "other";
}

function compare(ours: unknown, theirs: unknown): Likeness {
  if (ours === theirs) return "same";
  // What is sent as a file, or as a `data:` URL, may be shown as another URL.
  if (ours === FILE || (typeof ours === "string" && ours.startsWith("data:"))) {
    return typeof theirs === "string" ? "maybe" : "other";
  }
  if (typeof ours !== "object" || typeof theirs !== "object" || !ours || !theirs) return "other";
  if (Array.isArray(ours) !== Array.isArray(theirs)) return "other";
  const fields = Object.entries(ours).filter(([, value]) => value !== undefined);
  const record = theirs as Record<string, unknown>;
  let result: Likeness = "same";
  for (const [key, value] of fields) {
    result = least(result, Object.hasOwn(record, key) ? compare(value, record[key]) : "other");
  }
  // What it has besides may be a default that the server has filled in.
  const more = Object.keys(record).length > fields.length;
  return more ? least(result, Array.isArray(ours) ? "other" : "maybe") : result;
}

function least(a: Likeness, b: Likeness): Likeness {
  for (const likeness of ["other", "maybe"] as const) {
    if (a === likeness || b === likeness) return likeness;
  }
  return "same";
}
