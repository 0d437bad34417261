/** Plain objects: their test, their defined fields, and fields that logs pass over. */

/** True if a value is an object that is not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields of a value; none if it is no such object. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields of an object that are not `undefined`, so that they do not hide values below them. */
export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

/** Defines properties that logs and `JSON.stringify` pass over. */
export function hide(target: object, values: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(values)) {
    Object.defineProperty(target, key, { value, writable: true, configurable: true });
  }
}
