/** Tells the values that are files, by what they can do. */

/** The kinds of values that are files. `open` is an open file of Deno, and `handle` one of Node. */
export type FileKind = "input" | "bytes" | "blob" | "stream" | "response" | "open" | "handle";

/**
 * Returns the kind of a file; `undefined` if the value is not a file.
 *
 * By abilities, as neither `instanceof` nor a tag can be relied on: the `Blob` of another realm or of
 * jsdom is an instance of nothing here, and that of happy-dom has no tag.
 */
export function fileKind(value: object): FileKind | undefined {
  // Most objects are these, and they are asked nothing further.
  if (Array.isArray(value)) return undefined;
  const tag = tagOf(value);
  if (isBytes(value, tag)) return "bytes";
  if (tag === "FileInput") return "input";
  const isBlob = /^(Blob|File)$/.test(tag);
  if (can(value, "slice") && "size" in value && (isBlob || can(value, "arrayBuffer"))) {
    return "blob";
  }
  // A `FileOutput` is a stream as well, but stands for its URL.
  if (can(value, "toJSON")) return undefined;
  if (can(value, "arrayBuffer") && "headers" in value && "status" in value) return "response";
  if (can(value, "getReader")) return "stream";
  if (can(value, "stat") && can(value, "seek") && "readable" in value) return "open";
  if (can(value, "stat") && can(value, "readableWebStream")) return "handle";
  // Node's streams.
  return can(value, Symbol.asyncIterator) ? "stream" : undefined;
}

/** True if a value is bytes in memory, of this realm or another one. */
export function isBytes(
  value: unknown,
  tag: string = tagOf(value),
): value is ArrayBufferView | ArrayBufferLike {
  return ArrayBuffer.isView(value) || /^(Shared)?ArrayBuffer$/.test(tag);
}

/** True if a value has a method. */
export function can(value: object, method: PropertyKey): boolean {
  return typeof (value as Record<PropertyKey, unknown>)[method] === "function";
}

/** Returns the tag of a value, such as `ArrayBuffer`, which is the same in every realm. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
