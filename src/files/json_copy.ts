/** Copies a value as JSON, and refuses what JSON would change or lose. */

import { excerpt } from "../base/text.ts";
import { can, tagOf } from "./kind.ts";

/**
 * The most levels of nesting that an input may have. Far more than any model takes; each level costs a
 * few frames of the stack, here and in `JSON.stringify`.
 */
const DEEPEST = 500;

/** A place in the copy. */
export interface Place {
  /** The number of levels above. */
  readonly depth: number;
  /** The place of the object that holds it; absent for the whole. */
  readonly parent?: Place;
  /**
   * The key within that object; absent for the result of `toJSON`, which takes the object's place.
   */
  readonly key?: string | number;
  /** The object that is copied to this place. */
  readonly value?: object;
  /** Puts the copy there. */
  set(copy: unknown): void;
}

/** A list or an object by its keys. */
export type Fields = Record<string | number, unknown>;

/**
 * Takes an object that is not to be copied, such as a file, and returns `true`; `false` for any other.
 */
export type Take = (value: object, place: Place) => boolean;

/**
 * Copies a value to its place.
 *
 * @param around The objects around it.
 * @throws {TypeError} If a value inside cannot be sent; the message names its place.
 */
export function copyTo(
  place: Place,
  value: unknown,
  take: Take,
  around: Set<object> = new Set(),
): void {
  if (typeof value !== "object" || value === null) {
    const why = faultOf(value, place.key);
    if (why) throw unsendable(place, why);
    return place.set(value);
  }
  // Keeps the order of the fields when the value comes later.
  place.set(undefined);
  if (take(value, place)) return;
  if (around.has(value)) throw unsendable(place, "it is within itself");
  if (place.depth >= DEEPEST) throw unsendable(place, `it is nested deeper than ${DEEPEST} levels`);
  around.add(value);
  copyInside({ ...place, value }, take, around);
  around.delete(value);
}

function copyInside(
  parent: Place & { readonly value: object },
  take: Take,
  around: Set<object>,
): void {
  const { set, value } = parent;
  const depth = parent.depth + 1;
  const { toJSON } = value as { toJSON?: unknown };
  const tag = tagOf(value);
  if (typeof toJSON === "function") {
    const json: unknown = toJSON.call(value, String(parent.key ?? ""));
    if (json === null && tag === "Date") throw unsendable(parent, "the date is not valid");
    return copyTo({ depth, parent, set }, json, take, around);
  }
  if (/^(?:String|Number|Boolean)$/.test(tag)) {
    return copyTo({ depth, parent, set }, value.valueOf(), take, around);
  }
  const isList = Array.isArray(value);
  const from = value as Fields;
  const copy = (isList ? [] : {}) as Fields;
  set(copy);
  // The keys of a list are also those of its gaps.
  for (const key of isList ? value.keys() : fieldsOf(value, tag, parent)) {
    const place: Place = { depth, parent, key, set: (item) => define(copy, key, item) };
    copyTo(place, from[key], take, around);
  }
}

/**
 * Returns a copy of a value that is JSON.
 *
 * @param name The name of the value in messages.
 * @param noFiles The reason why there must be no files inside.
 * @throws {TypeError} If a value inside is not JSON; the message names its place.
 */
export function jsonOf(
  name: string,
  value: unknown,
  noFiles = "there can be no file here",
): unknown {
  let copy: unknown;
  copyTo({ depth: 0, key: name, set: (it) => copy = it }, value, (value, place) => {
    if (mayBeFile(value)) throw unsendable(place, noFiles);
    if (can(value, "then")) throw unsendable(place, "a promise is not JSON");
    return false;
  });
  return copy;
}

/** Methods that tell files of every make from data. */
const OF_FILES = ["arrayBuffer", "getReader", "stat", Symbol.asyncIterator];

/**
 * True for every file, and for what is no more JSON than that. Not `fileKind`, which tells one kind from
 * another: without it a program that sends no files is 0.4 kB smaller.
 */
function mayBeFile(value: object): boolean {
  // A `FileOutput` is a stream as well, but stands for its URL; bytes of Node can turn into JSON.
  return ArrayBuffer.isView(value) || /^(?:ArrayBuffer|Blob|File|FileInput)$/.test(tagOf(value)) ||
    (!can(value, "toJSON") && OF_FILES.some((method) => can(value, method)));
}

/** The reason why a value that is not an object cannot be sent, if there is one. */
function faultOf(value: unknown, key: Place["key"]): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : `${value} is not a number that JSON has`;
    case "undefined":
      // As in JSON: a field is left out. In a list it would become null.
      if (typeof key === "string") return undefined;
      return key === undefined ? "it has no JSON" : "the list has a gap";
    case "bigint":
      return "JSON has no BigInt: give a number or text";
    case "function":
    case "symbol":
      return `a ${typeof value} is not JSON`;
  }
}

/** The field names of an object that consists of nothing else. */
function fieldsOf(value: object, tag: string, place: Place): string[] {
  const fields = Object.keys(value);
  if (/^(?:Object|Module)$/.test(tag) && (fields.length > 0 || isPlain(value))) return fields;
  const name = tag === "Object" ? value.constructor?.name || tag : tag;
  throw unsendable(place, `${name} is not JSON: give a plain object or a list`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Defines a field, also one named `__proto__`, which an assignment would not create. */
export function define(target: Fields, key: string | number, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true });
}

/** The error of a value that cannot be sent; it names the place. */
export function unsendable(place: Place, why: string): TypeError {
  return new TypeError(`Cannot send ${excerpt(pathOf(place), LONGEST_PATH)}: ${why}`);
}

/** The most characters of a place, and of one key in it, that a message shows. */
const LONGEST_PATH = 200;

/** A place as text, such as `input.frames[2].mask`. */
export function pathOf({ parent, key }: Place): string {
  if (!parent) return String(key);
  const above = pathOf(parent);
  if (key === undefined) return above;
  if (typeof key === "number") return `${above}[${key}]`;
  // A key may be as long as the whole input, and stand above each of its files.
  const name = key.length > LONGEST_PATH ? `${key.slice(0, LONGEST_PATH)}...` : key;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${above}.${name}` : `${above}[${JSON.stringify(name)}]`;
}
