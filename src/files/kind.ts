/** Tells the values that are files, by their kind. */

/** The kinds of values that are files. `open` is an open file of Deno, and `handle` one of Node. */
export type FileKind = "input" | "bytes" | "blob" | "stream" | "response" | "open" | "handle";

/** The kinds by tag. */
const KINDS: Readonly<Record<string, FileKind>> = {
  ArrayBuffer: "bytes",
  SharedArrayBuffer: "bytes",
  Blob: "blob",
  File: "blob",
  FileInput: "input",
  ReadableStream: "stream",
  Response: "response",
};

/** Returns the kind of a file; `undefined` if the value is not a file. */
export function fileKind(value: object): FileKind | undefined {
  if (ArrayBuffer.isView(value)) return "bytes";
  const tag = tagOf(value);
  if (Object.hasOwn(KINDS, tag)) return KINDS[tag];
  if (has(value, "stat") && has(value, "seek") && "readable" in value) return "open";
  if (has(value, "stat") && has(value, "readableWebStream")) return "handle";
  // Node's streams.
  return has(value, Symbol.asyncIterator) && !has(value, "toJSON") ? "stream" : undefined;
}

function has(value: object, name: PropertyKey): boolean {
  return typeof (value as Record<PropertyKey, unknown>)[name] === "function";
}

/**
 * Returns the tag of a value, such as `Blob`. Unlike `instanceof`, it also works for values of
 * another realm or package.
 */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
