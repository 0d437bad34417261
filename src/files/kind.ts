/** Which values are files. */

/** How a value can be a file. `open` and `handle` are open files, as Deno and as Node have them. */
export type FileKind = "input" | "bytes" | "blob" | "stream" | "response" | "open" | "handle";

/** By tag. */
const KINDS: Readonly<Record<string, FileKind>> = {
  ArrayBuffer: "bytes",
  SharedArrayBuffer: "bytes",
  Blob: "blob",
  File: "blob",
  FileInput: "input",
  ReadableStream: "stream",
  Response: "response",
};

/** What kind of a file a value is; `undefined` if it is none. */
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
 * What a value says that it is, such as `Blob`. Unlike `instanceof`, it also tells for what comes from
 * another realm or package.
 */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
