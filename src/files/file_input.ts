/** FileInput: a file for an input, with its name, its type, and the way to send it. */

import { checkKeys } from "../base/check.ts";
import type { FileEncoding } from "../http/options.ts";
import { fileEncoding } from "../http/settings.ts";
import { can, type FileKind, fileKind, tagOf } from "./kind.ts";
import { LONGEST_NAME } from "./names.ts";

/** Facts about a file besides its bytes. */
export interface FileInputOptions {
  /** The name, at most 255 bytes of UTF-8. Default: the name that the source has, else `file`. */
  filename?: string | undefined;
  /** The media type. Default: by the source, else by the name, else by the first bytes. */
  contentType?: string | undefined;
  /** The way to send it. Default: `fileEncoding` of the call, else of the client. */
  encoding?: FileEncoding | undefined;
  /** A JSON object that Replicate keeps with the upload. Default: none. */
  metadata?: Record<string, unknown> | undefined;
}

/** Facts about a stream besides its bytes. */
export interface StreamInputOptions extends FileInputOptions {
  /**
   * The number of bytes. With it, a stream of more than 8 MB is sent while it is read. Default: the
   * stream is read into memory first (at most 100 MiB), as an upload must state its length.
   */
  size?: number | undefined;
}

/** The source of the bytes of a {@linkcode FileInput}. */
export type FileInputKind = "url" | "path" | "bytes" | "stream";

/** Bytes in memory: a typed array, a `DataView`, a buffer or a `Blob`. */
export type FileBytes = ArrayBufferLike | ArrayBufferView | Blob;

/** Bytes that arrive in pieces: a web stream, a stream of Node, or the body of a response. */
export type FileStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Response;

/** The private part of a {@linkcode FileInput}. */
interface Origin {
  source: unknown;
  size: number | undefined;
}

const KINDS: readonly FileInputKind[] = ["url", "path", "bytes", "stream"];

/** The options of a file, and those of a stream. */
const OPTIONS: readonly string[] = ["filename", "contentType", "encoding", "metadata"];
const STREAM_OPTIONS: readonly string[] = /* @__PURE__ */ OPTIONS.concat("size");

/** Options by the names that they have elsewhere. */
const HINTS: Readonly<Record<string, string>> = {
  type: "give contentType",
  mimeType: "give contentType",
  name: "give filename",
};

// The same in each copy of this package: a program may have one by `import` and one by `require`.
const ORIGIN = Symbol.for("@x/replicate/FileInput");

/**
 * A file for an input, with its name, its type, and the way to send it. It can be anywhere inside an
 * `input`, and `files.create` takes it too. Nothing is read before the file is sent.
 *
 * @example
 * ```ts
 * import { Client, FileInput } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: {
 *     "acme/read": { official: true, run: ({ text }, job) => job.file(String(text)).text() },
 *   },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const text = FileInput.fromBytes(new TextEncoder().encode("Hello"), { filename: "hello.txt" });
 * assertEquals(await client.run("acme/read", { input: { text } }), "Hello");
 * ```
 */
export class FileInput {
  /** The source of its bytes. */
  declare readonly kind: FileInputKind;
  /** The name, if one was given. */
  declare readonly filename: string | undefined;
  /** The media type, if one was given. */
  declare readonly contentType: string | undefined;
  /** The way to send it, if one was given. */
  declare readonly encoding: FileEncoding | undefined;
  /** The JSON object that Replicate keeps with the upload, if one was given. */
  declare readonly metadata: Readonly<Record<string, unknown>> | undefined;

  /** The tag by which every copy of this package recognizes a {@linkcode FileInput}. */
  get [Symbol.toStringTag](): "FileInput" {
    return "FileInput";
  }

  private constructor(kind: FileInputKind, source: unknown, options: StreamInputOptions) {
    if (!KINDS.includes(kind) || source === undefined) throw notMade(kind);
    checkKeys(options, kind === "stream" ? STREAM_OPTIONS : OPTIONS, "make a FileInput", HINTS);
    const { filename, contentType, metadata, size, encoding } = options ?? {};
    if (filename !== undefined) checkName(filename);
    if (contentType !== undefined) checkType(contentType);
    if (encoding !== undefined) fileEncoding(encoding, "encoding");
    if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
      throw new RangeError(`Cannot use ${size} as size: give the number of bytes`);
    }
    Object.assign(this, { kind, filename, contentType, encoding, metadata });
    Object.defineProperty(this, ORIGIN, { value: { source, size } });
  }

  /**
   * Makes a file of a URL. The model fetches it: the URL is sent as it is, and never fetched by us.
   *
   * @throws {TypeError} If it is not a whole `https:`, `http:` or `data:` URL.
   */
  static fromUrl(url: string | URL, options: FileInputOptions = {}): FileInput {
    const scheme = /^(?:https?|data):/i;
    if (!URL.canParse(url) || !scheme.test(String(url))) {
      throw new TypeError(
        `Cannot use ${JSON.stringify(String(url).slice(0, 80))} as a file: give a whole URL`,
      );
    }
    return new FileInput("url", String(url), options);
  }

  /**
   * Makes a file of a path or a `file:` URL. It is opened when it is sent, and again for each
   * retry. The call that sends it rejects if there is no file system.
   *
   * @throws {TypeError} If it is not a path.
   */
  static fromPath(path: string | URL, options: FileInputOptions = {}): FileInput {
    const isPath = typeof path === "string" ? path : isFileUrl(path);
    if (!isPath) throw unusable("a path or a file: URL");
    return new FileInput("path", path, options);
  }

  /**
   * Makes a file of bytes. They are not copied: do not change them until the call has ended.
   *
   * @throws {TypeError} If it is not a typed array, a buffer or a `Blob`.
   */
  static fromBytes(bytes: FileBytes, options: FileInputOptions = {}): FileInput {
    const kind = isObject(bytes) ? fileKind(bytes) : undefined;
    if (kind !== "bytes" && kind !== "blob") throw unusable("a typed array, a buffer or a Blob");
    return new FileInput("bytes", bytes, options);
  }

  /**
   * Makes a file of a stream, which can be read only once. With a `size` of more than 8 MB it goes
   * straight to the network, and its upload is not retried.
   *
   * @throws {TypeError} If it is not a stream of bytes.
   */
  static fromStream(stream: FileStream, options: StreamInputOptions = {}): FileInput {
    // A stream counts here even if it has a `toJSON`, as a `FileOutput` does.
    const isStream = isObject(stream) &&
      (can(stream, "getReader") || can(stream, Symbol.asyncIterator) ||
        fileKind(stream) === "response");
    if (!isStream) throw unusable("a stream of bytes");
    return new FileInput("stream", stream, options);
  }

  /** Returns the same file with other options; those that are left out stay. */
  with(options: StreamInputOptions): FileInput {
    const { source, size } = sourceOf(this);
    const { kind, ...known } = this;
    return new FileInput(kind, source, { ...known, size, ...options });
  }
}

/** Returns the file as a {@linkcode FileInput} of any copy of this package, else `undefined`. */
export function fileInputOf(
  { value, kind }: { value: object; kind: FileKind },
): FileInput | undefined {
  return kind === "input" ? value as FileInput : undefined;
}

/** Returns the private part of a {@linkcode FileInput}. */
export function sourceOf(input: FileInput): Origin {
  return (input as FileInput & { [ORIGIN]: Origin })[ORIGIN];
}

/**
 * Returns the name of a file, checked.
 *
 * @throws {TypeError} If the server would refuse it.
 */
export function checkName(name: string): string {
  const length = typeof name === "string" ? new TextEncoder().encode(name).length : 0;
  if (length > 0 && length <= LONGEST_NAME) return name;
  throw new TypeError("Cannot use this as filename: give text of 1 to 255 bytes");
}

/**
 * A media type, as it may stand in a header of the form and in a `data:` URL: no line breaks, and no
 * comma, at which the head of a `data:` URL ends.
 */
const TYPE =
  /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}([ \t]*;[ \t]*[\w.+-]+=([\w.+-]+|"[ \w.+-]*"))*$/;

/**
 * Returns a media type, checked: it becomes a header inside the form.
 *
 * @throws {TypeError} If it is not of the form `type/subtype`.
 */
export function checkType(type: string): string {
  if (isType(type)) return type;
  throw new TypeError(
    `Cannot use ${JSON.stringify(type)} as contentType: give one such as "image/png"`,
  );
}

/**
 * Returns a media type that somebody else gave, without parameters that cannot be sent, such as
 * `;codecs=vp9,opus`; `undefined` if nothing is left of it.
 */
export function foreignType(type: string | undefined): string | undefined {
  if (!type || isType(type)) return type || undefined;
  const plain = type.split(";", 1)[0]!.trim();
  return isType(plain) ? plain : undefined;
}

function isType(type: string): boolean {
  return typeof type === "string" && type.length <= LONGEST_NAME && TYPE.test(type);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** True if a value is a `file:` URL, of this realm or another one. */
function isFileUrl(value: URL): boolean {
  return isObject(value) && tagOf(value) === "URL" && value.protocol === "file:";
}

function notMade(given: unknown): TypeError {
  const way = typeof given === "string"
    ? "use FileInput.fromPath(path) or FileInput.fromUrl(url)"
    : "use FileInput.fromPath, fromBytes, fromStream or fromUrl";
  return new TypeError(`Cannot make a FileInput with new: ${way}`);
}

function unusable(needed: string): TypeError {
  return new TypeError(`Cannot use this as a file: give ${needed}`);
}
