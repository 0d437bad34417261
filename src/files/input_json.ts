/** Copies an input as JSON, and notes the places of its files. */

import { excerpt } from "../base/text.ts";
import { type FileKind, fileKind, tagOf } from "./kind.ts";

/** A file of the input, and its place in the copy, which is empty until it is set. */
export interface FileSlot {
  /** The place, such as `input.frames[2].mask`, for messages. */
  readonly path: string;
  /** The file as the caller gave it. */
  readonly value: object;
  readonly kind: FileKind;
  /** Puts the value that is sent for the file there. */
  set(value: unknown): void;
}

/**
 * The most levels of nesting that an input may have. Far more than any model takes; each level costs a
 * few frames of the stack, here and in `JSON.stringify`.
 */
const DEEPEST = 500;

interface Place {
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

/** A copy of a value, and the files that are missing in it. */
export class Walk {
  /** The files inside, each with its place. */
  readonly files: FileSlot[] = [];
  /** The copy, complete once every slot is set. */
  value: unknown;
  readonly #promises: [Promise<unknown>, Place][] = [];
  readonly #refuse: string | undefined;
  /** The objects around the one that is being copied. */
  #around = new Set<object>();

  /**
   * Copies a value.
   *
   * @param name The name of the whole in messages.
   * @param refuse The reason why there must be no files inside. Default: files are fine.
   * @throws {TypeError} If a value inside cannot be sent; the message names its place.
   */
  constructor(name: string, value: unknown, refuse?: string) {
    this.#refuse = refuse;
    this.#copy(value, { depth: 0, key: name, set: (copy) => this.value = copy });
  }

  /** True if there are promises inside. */
  get pending(): boolean {
    return this.#promises.length > 0;
  }

  /** Waits for the promises inside. The values are copied, and may hold files too. */
  async settle(): Promise<void> {
    while (this.pending) {
      const promises = this.#promises.splice(0);
      await Promise.all(promises.map(async ([promise, place]) => {
        const value = await promise;
        this.#around = new Set(objectsAbove(place));
        this.#copy(value, place);
      }));
    }
  }

  #copy(value: unknown, place: Place): void {
    if (typeof value === "object" && value !== null) return this.#copyObject(value, place);
    const why = faultOf(value, place.key);
    if (why) throw unsendable(place, why);
    place.set(value);
  }

  #copyObject(value: object, place: Place): void {
    const { set } = place;
    // Keeps the order of the fields when the value comes later.
    set(undefined);
    const kind = fileKind(value);
    if (kind) {
      if (this.#refuse) throw unsendable(place, this.#refuse);
      this.files.push({ path: pathOf(place), value, kind, set });
      return;
    }
    const { then } = value as { then?: unknown };
    if (typeof then === "function") {
      if (this.#refuse) throw unsendable(place, "a promise is not JSON");
      const promise = Promise.resolve(value);
      // Awaited later: it must not count as unhandled until then.
      promise.catch(() => {});
      this.#promises.push([promise, place]);
      return;
    }
    const url = uploadedAt(value);
    if (url !== undefined && !this.#refuse) return set(url);
    if (this.#around.has(value)) throw unsendable(place, "it is within itself");
    if (place.depth >= DEEPEST) {
      throw unsendable(place, `it is nested deeper than ${DEEPEST} levels`);
    }
    this.#around.add(value);
    this.#copyInside(value, { ...place, value });
    this.#around.delete(value);
  }

  #copyInside(value: object, parent: Place & { value: object }): void {
    const { set } = parent;
    const depth = parent.depth + 1;
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") {
      const json: unknown = toJSON.call(value, String(parent.key ?? ""));
      if (json === null && tagOf(value) === "Date") {
        throw unsendable(parent, "the date is not valid");
      }
      return this.#copy(json, { depth, parent, set });
    }
    const tag = tagOf(value);
    if (/^(?:String|Number|Boolean)$/.test(tag)) {
      return this.#copy(value.valueOf(), { depth, parent, set });
    }
    const isList = Array.isArray(value);
    const from = value as Fields;
    const copy = (isList ? [] : {}) as Fields;
    set(copy);
    // The keys of a list are also those of its gaps.
    for (const key of isList ? value.keys() : fieldsOf(value, tag, parent)) {
      this.#copy(from[key], { depth, parent, key, set: (item) => define(copy, key, item) });
    }
  }
}

/** The objects around a place, from the inside out. */
function* objectsAbove({ parent }: Place): Iterable<object> {
  for (let above = parent; above; above = above.parent) if (above.value) yield above.value;
}

/** The URL of a file that `files.create` has returned: what stands for it in an input. */
function uploadedAt(value: object): string | undefined {
  const { urls, checksums, content_type } = value as Record<string, unknown>;
  if (typeof content_type !== "string" || !checksums || typeof urls !== "object") return undefined;
  const { get } = urls as { get?: unknown } ?? {};
  return typeof get === "string" ? get : undefined;
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
  return new Walk(name, value, noFiles).value;
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

function unsendable(place: Place, why: string): TypeError {
  return new TypeError(`Cannot send ${excerpt(pathOf(place), LONGEST_PATH)}: ${why}`);
}

/** The most characters of a place, and of one key in it, that a message shows. */
const LONGEST_PATH = 200;

function pathOf({ parent, key }: Place): string {
  if (!parent) return String(key);
  const above = pathOf(parent);
  if (key === undefined) return above;
  if (typeof key === "number") return `${above}[${key}]`;
  // A key may be as long as the whole input, and stand above each of its files.
  const name = key.length > LONGEST_PATH ? `${key.slice(0, LONGEST_PATH)}...` : key;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${above}.${name}` : `${above}[${JSON.stringify(name)}]`;
}
