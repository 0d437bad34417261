/** FileInput: a file for an input, with its name, its type, and the way to send it. */

import type { FileEncoding } from "../http/options.ts";
import { fileEncoding } from "../http/settings.ts";
import { type FileKind, tagOf } from "./kind.ts";

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

interface Init extends StreamInputOptions {
  kind: FileInputKind;
  source: unknown;
}

/** The private part of a {@linkcode FileInput}. */
interface Origin {
  source: unknown;
  size: number | undefined;
}

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

  private constructor(init: Init) {
    const { kind, source, filename, contentType, metadata, size } = init;
    if (filename !== undefined) checkName(filename);
    if (contentType !== undefined) checkType(contentType);
    if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
      throw new RangeError(`Cannot use ${size} as size: give the number of bytes`);
    }
    const encoding = init.encoding === undefined
      ? undefined
      : fileEncoding(init.encoding, "encoding");
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
    return new FileInput({ ...options, kind: "url", source: String(url) });
  }

  /**
   * Makes a file of a path or a `file:` URL. It is opened when it is sent, and again for each
   * retry. The call that sends it rejects if there is no file system.
   *
   * @throws {TypeError} If it is not a path.
   */
  static fromPath(path: string | URL, options: FileInputOptions = {}): FileInput {
    const isPath = path instanceof URL
      ? path.protocol === "file:"
      : typeof path === "string" && path;
    if (!isPath) throw unusable("a path or a file: URL");
    return new FileInput({ ...options, kind: "path", source: path });
  }

  /**
   * Makes a file of bytes. They are not copied: do not change them until the call has ended.
   *
   * @throws {TypeError} If it is not a typed array, a buffer or a `Blob`.
   */
  static fromBytes(bytes: FileBytes, options: FileInputOptions = {}): FileInput {
    if (!ArrayBuffer.isView(bytes) && !/^(?:\w*ArrayBuffer|Blob|File)$/.test(tagOf(bytes))) {
      throw unusable("a typed array, a buffer or a Blob");
    }
    return new FileInput({ ...options, kind: "bytes", source: bytes });
  }

  /**
   * Makes a file of a stream, which can be read only once. With a `size` of more than 8 MB it goes
   * straight to the network, and its upload is not retried.
   *
   * @throws {TypeError} If it is not a stream of bytes.
   */
  static fromStream(stream: FileStream, options: StreamInputOptions = {}): FileInput {
    const iterates = (stream as AsyncIterable<Uint8Array> | undefined)?.[Symbol.asyncIterator];
    if (!iterates && !/Stream|Response/.test(tagOf(stream))) throw unusable("a stream of bytes");
    return new FileInput({ ...options, kind: "stream", source: stream });
  }

  /** Returns the same file with other options; those that are left out stay. */
  with(options: StreamInputOptions): FileInput {
    const { source, size } = sourceOf(this);
    return new FileInput({ ...this, size, ...options, kind: this.kind, source });
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
  const length = new TextEncoder().encode(name).length;
  if (typeof name === "string" && length > 0 && length <= 255) return name;
  throw new TypeError("Cannot use this as filename: give text of 1 to 255 bytes in UTF-8");
}

/**
 * Returns a media type, checked: it becomes a header inside the form.
 *
 * @throws {TypeError} If it is not of the form `type/subtype`.
 */
export function checkType(type: string): string {
  if (/^[\w.+-]+\/[\w.+-]+(?:\s*;\s*[\w.+-]+=(?:[\w.+-]+|"[ \w.+-]*"))*$/.test(type)) return type;
  throw new TypeError(
    `Cannot use ${JSON.stringify(type)} as contentType: give one such as "image/png"`,
  );
}

function unusable(needed: string): TypeError {
  return new TypeError(`Cannot use this as a file: give ${needed}`);
}
