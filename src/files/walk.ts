/** A copy of an input in which everything is JSON, but for the files, whose places are noted. */

import { fileKind } from "./source.ts";

/** A place in the copy that is still empty. */
export interface Slot<T> {
  /** Where it is, such as `input.frames[2].mask`. */
  readonly path: string;
  readonly value: T;
  /** Fills it. */
  set(value: unknown): void;
}

interface Place {
  readonly parent: Place | undefined;
  /** Absent for what `toJSON` gave: it is where the object is. */
  readonly key?: string | number;
  /** The object that is copied there. */
  readonly value?: object;
}

/** A copy, and what is missing in it. */
export class Walk {
  /** The files within, each with its place. */
  readonly files: Slot<object>[] = [];
  readonly #promises: (Slot<PromiseLike<unknown>> & { place: Place })[] = [];
  readonly #root: Record<string, unknown>;
  readonly #name: string;
  readonly #refuse: string | undefined;

  /**
   * @param name What the whole is called in messages.
   * @param refuse Why there may be no files in it, if so.
   * @throws {TypeError} If something in it cannot be sent.
   */
  constructor(name: string, value: unknown, refuse?: string) {
    this.#name = name;
    this.#refuse = refuse;
    this.#root = {};
    const place = { parent: undefined, key: name };
    this.#root[name] = this.#copy(value, place, (copy) => this.#root[name] = copy);
  }

  /** The copy. It is whole when every slot was filled. */
  get value(): unknown {
    return this.#root[this.#name];
  }

  /** Whether there are promises within. */
  get pending(): boolean {
    return this.#promises.length > 0;
  }

  /** Waits for the promises within. What they resolve to is copied, and may have files as well. */
  async settle(): Promise<void> {
    for (let promises = this.#promises.splice(0); promises.length > 0;) {
      await Promise.all(promises.map(async ({ value, set, place }) => {
        set(this.#copy(await value, place, set));
      }));
      promises = this.#promises.splice(0);
    }
  }

  #copy(value: unknown, place: Place, set: (value: unknown) => void): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (Number.isFinite(value)) return value;
        throw unsendable(place, `${value} is not a number that JSON has`);
      case "undefined":
        // As in JSON: a field is left out. In a list it would become null.
        if (typeof place.key === "string") return undefined;
        throw unsendable(place, place.key === undefined ? "it has no JSON" : "the list has a gap");
      case "object":
        return value === null ? null : this.#copyObject(value, place, set);
      case "bigint":
        throw unsendable(place, "JSON has no BigInt: give a number or text");
      default:
        throw unsendable(place, `a ${typeof value} is not JSON`);
    }
  }

  #copyObject(value: object, place: Place, set: (value: unknown) => void): unknown {
    if (fileKind(value)) {
      if (this.#refuse) throw unsendable(place, this.#refuse);
      this.files.push({ path: pathOf(place), value, set });
      return undefined;
    }
    const { then, toJSON } = value as { then?: unknown; toJSON?: unknown };
    if (typeof then === "function") {
      if (this.#refuse) throw unsendable(place, "a promise is not JSON");
      const promise = Promise.resolve(value as PromiseLike<unknown>);
      // Looked at later: it must not count as unhandled until then.
      promise.catch(() => {});
      this.#promises.push({ path: "", value: promise, set, place });
      return undefined;
    }
    for (let above = place.parent; above; above = above.parent) {
      if (above.value === value) throw unsendable(place, "it is within itself");
    }
    if (typeof toJSON === "function") {
      const json: unknown = toJSON.call(value, String(place.key ?? ""));
      if (json === null && value instanceof Date) throw unsendable(place, "the date is not valid");
      return this.#copy(json, { parent: { ...place, value } }, set);
    }
    const here: Place = { ...place, value };
    return Array.isArray(value) ? this.#copyList(value, here) : this.#copyFields(value, here);
  }

  #copyList(list: readonly unknown[], parent: Place): unknown[] {
    const copy: unknown[] = [];
    for (let key = 0; key < list.length; key++) {
      copy[key] = this.#copy(list[key], { parent, key }, (item) => copy[key] = item);
    }
    return copy;
  }

  #copyFields(value: object, parent: Place): unknown {
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    if (/^(?:String|Number|Boolean)$/.test(kind)) {
      return this.#copy(value.valueOf(), parent, () => {});
    }
    const keys = Object.keys(value);
    const hidden = keys.length === 0 && !isPlain(value);
    if (hidden || !(kind === "Object" || kind === "Module")) {
      throw unsendable(
        parent,
        `${nameOf(value, kind)} is not JSON: give a plain object or a list`,
      );
    }
    const copy: Record<string, unknown> = {};
    for (const key of keys) {
      const set = (item: unknown): void => define(copy, key, item);
      set(this.#copy((value as Record<string, unknown>)[key], { parent, key }, set));
    }
    return copy;
  }
}

/**
 * The value, when it is JSON. `noFiles` is why there is no place for a file in it.
 *
 * @throws {TypeError} If something in it is not; the message says where.
 */
export function jsonOf(
  name: string,
  value: unknown,
  noFiles = "there can be no file here",
): unknown {
  return new Walk(name, value, noFiles).value;
}

/** Also for `__proto__`, which an assignment would not make a field of. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true });
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function nameOf(value: object, kind: string): string {
  return kind === "Object" ? value.constructor?.name || kind : kind;
}

function unsendable(place: Place, why: string): TypeError {
  return new TypeError(`Cannot send ${pathOf(place)}: ${why}`);
}

function pathOf({ parent, key }: Place): string {
  if (!parent) return String(key);
  const above = pathOf(parent);
  if (key === undefined) return above;
  return typeof key === "number"
    ? `${above}[${key}]`
    : /^[A-Za-z_$][\w$]*$/.test(key)
    ? `${above}.${key}`
    : `${above}[${JSON.stringify(key)}]`;
}
