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
  /** The place of the object that holds it; absent for the whole. */
  readonly parent?: Place;
  /**
   * The key within that object; absent for the result of `toJSON`, which takes the object's place.
   */
  readonly key?: string | number;
  /** The object whose content is copied to this place. */
  value?: object;
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
 * @throws {TypeError} If a value inside cannot be sent; the message names its place.
 */
export function copyTo(place: Place, value: unknown, take: Take): void {
  if (typeof value !== "object" || value === null) {
    if (isJson(value, place.key)) return place.set(value);
    throw notJson(place, typeof value === "number" ? value : typeof value);
  }
  // Keeps the order of the fields when the value comes later.
  place.set(undefined);
  if (take(value, place)) return;
  let depth = 0;
  // Not by a set of the objects around: inputs are flat, and few have more than two.
  for (let above = place.parent; above; above = above.parent) {
    if (above.value === value) throw unsendable(place, "it is within itself");
    if (++depth >= DEEPEST) throw unsendable(place, `it is nested deeper than ${DEEPEST} levels`);
  }
  place.value = value;
  copyInside(place, value, take);
}

function copyInside(parent: Place, value: object, take: Take): void {
  const { set } = parent;
  const { toJSON } = value as { toJSON?: unknown };
  const tag = tagOf(value);
  const hasJson = typeof toJSON === "function";
  if (hasJson || /^(String|Number|Boolean)$/.test(tag)) {
    const json = hasJson ? toJSON.call(value, String(parent.key ?? "")) : value.valueOf();
    if (json === null && tag === "Date") throw notJson(parent, "Invalid Date");
    return copyTo({ parent, set }, json, take);
  }
  const isList = Array.isArray(value);
  const from = value as Fields;
  const copy = (isList ? [] : {}) as Fields;
  set(copy);
  // The keys of a list are also those of its gaps.
  for (const key of isList ? value.keys() : fieldsOf(value, tag, parent)) {
    copyTo({ parent, key, set: (item) => define(copy, key, item) }, from[key], take);
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
  copyTo({ key: name, set: (it) => copy = it }, value, (value, place) => {
    if (mayBeFile(value)) throw unsendable(place, noFiles);
    if (can(value, "then")) throw notJson(place, "a promise");
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
  return ArrayBuffer.isView(value) || /^(ArrayBuffer|Blob|File|FileInput)$/.test(tagOf(value)) ||
    (!can(value, "toJSON") && OF_FILES.some((method) => can(value, method)));
}

/** True if JSON has a value that is not an object. */
function isJson(value: unknown, key: Place["key"]): boolean {
  return value === null || typeof value === "string" || typeof value === "boolean" ||
    Number.isFinite(value) ||
    // As in JSON: a field is left out. In a list it would become null.
    (value === undefined && typeof key === "string");
}

/** The field names of an object that consists of nothing else. */
function fieldsOf(value: object, tag: string, place: Place): string[] {
  const fields = Object.keys(value);
  if (/^(Object|Module)$/.test(tag) && (fields.length > 0 || isPlain(value))) return fields;
  const name = tag === "Object" ? value.constructor?.name || tag : tag;
  throw notJson(place, name);
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

function notJson(place: Place, what: unknown): TypeError {
  return unsendable(place, `${what} is not JSON: give text, a number, a list or a plain object`);
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
