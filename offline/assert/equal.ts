/** Equality by structure. */

/** Compares two values by structure: same shape, same kind, same contents. */
export function equal(a: unknown, b: unknown): boolean {
  return new Comparison().same(a, b);
}

/** Kinds whose whole content shows in their text. */
const TEXTUAL = [RegExp, URL, URLSearchParams];

/** One comparison: it remembers the pairs it is inside of, so that cycles end. */
class Comparison {
  readonly #open = new Map<object, Set<object>>();

  same(a: unknown, b: unknown): boolean {
    if (a === b || Object.is(a, b)) return true;
    if (!isObject(a) || !isObject(b) || !sameKind(a, b)) return false;

    const partners = this.#open.get(a) ?? new Set();
    if (partners.has(b)) return true;
    this.#open.set(a, partners.add(b));
    return this.#sameContent(a, b);
  }

  #sameContent(a: object, b: object): boolean {
    if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
    if (TEXTUAL.some((kind) => a instanceof kind)) return String(a) === String(b);
    const bytes = [bytesOf(a), bytesOf(b)] as const;
    if (bytes[0] && bytes[1]) return this.#sameItems(bytes[0], bytes[1]);
    if (a instanceof WeakMap || a instanceof WeakSet) {
      throw new TypeError(
        `Cannot compare ${a instanceof WeakMap ? "WeakMap" : "WeakSet"} instances`,
      );
    }
    if (a instanceof Map && b instanceof Map) return this.#sameEntries([...a], [...b]);
    if (a instanceof Set && b instanceof Set) return this.#sameEntries([...a], [...b]);
    return this.#sameFields(a, b);
  }

  #sameItems(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!this.same(a[i], b[i])) return false;
    return true;
  }

  /** The order of the entries of a Map or Set does not count. */
  #sameEntries(a: unknown[], b: unknown[]): boolean {
    if (a.length !== b.length) return false;
    const left = [...b];
    return a.every((entry) => {
      const at = left.findIndex((other) => new Comparison().same(entry, other));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  }

  /** A field that is `undefined` is not the same as a field that is missing. */
  #sameFields(a: object, b: object): boolean {
    if (Object.keys(a).length !== Object.keys(b).length) return false;
    const keys = new Set([...keysOf(a), ...keysOf(b)]);
    return [...keys].every((key) =>
      (key in a) === (key in b) && this.same(Reflect.get(a, key), Reflect.get(b, key))
    );
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Same prototype; an object without a prototype counts as a plain one. */
function sameKind(a: object, b: object): boolean {
  const [x, y] = [a, b].map((it) => Object.getPrototypeOf(it) ?? Object.prototype);
  return x === y;
}

/** The items of a typed array, or the bytes of a buffer. */
function bytesOf(value: object): ArrayLike<unknown> | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (!ArrayBuffer.isView(value)) return undefined;
  if ("length" in value) return value as unknown as ArrayLike<unknown>;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * Own enumerable keys, symbols included. Of a class instance, the hidden ones and those of its classes too:
 * getters such as `status` of a Response, or the `message` of an error.
 */
function keysOf(value: object): PropertyKey[] {
  const proto = Object.getPrototypeOf(value);
  const plain = proto === null || proto === Object.prototype || proto === Array.prototype;
  if (plain) return Reflect.ownKeys({ ...value });
  const keys: PropertyKey[] = [];
  for (let at = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    keys.push(...Reflect.ownKeys(at));
  }
  return keys;
}
