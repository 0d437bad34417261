import type { FileEncoding } from "../http/options.ts";
import { fileEncoding } from "../http/settings.ts";
import { type FileKind, tagOf } from "./kind.ts";

/** What is known of a file besides its bytes. */
export interface FileInputOptions {
  /** What it is called: at most 255 bytes of UTF-8. Default: from where it comes. */
  filename?: string | undefined;
  /** Its media type. Default: from its name, else from its first bytes. */
  contentType?: string | undefined;
  /** How it is sent. Default: as the call or the client was told. */
  encoding?: FileEncoding | undefined;
  /** JSON that is kept beside the upload. */
  metadata?: Record<string, unknown> | undefined;
}

/** What is known of a stream besides its bytes. */
export interface StreamInputOptions extends FileInputOptions {
  /**
   * How many bytes it has. With it, a stream of more than 8 MB is passed on as it comes; without, it is
   * read into memory first (100 MiB at most), as an upload has to say its length.
   */
  size?: number | undefined;
}

/** Where a {@linkcode FileInput} has its bytes from. */
export type FileInputKind = "url" | "path" | "bytes" | "stream";

/** Bytes as the platform has them. */
export type FileBytes = ArrayBufferLike | ArrayBufferView | Blob;

/** Bytes that come one piece after the other. */
export type FileStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Response;

interface Init extends StreamInputOptions {
  kind: FileInputKind;
  source: unknown;
}

/** Where a file comes from, which is shown to nobody. */
interface Origin {
  source: unknown;
  size: number | undefined;
}

// The same in each copy of this package: a program may have one by `import` and one by `require`.
const ORIGIN = Symbol.for("@x/replicate/FileInput");

/**
 * A file for an input, with its name, its type, and how it is sent. It can stand anywhere within an
 * `input`, or be given to `files.create`. Nothing is read before it is sent.
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
  /** Where its bytes come from. */
  declare readonly kind: FileInputKind;
  /** What it is called, if that was said. */
  declare readonly filename: string | undefined;
  /** Its media type, if that was said. */
  declare readonly contentType: string | undefined;
  /** How it is sent, if that was said. */
  declare readonly encoding: FileEncoding | undefined;
  /** What is kept beside its upload. */
  declare readonly metadata: Readonly<Record<string, unknown>> | undefined;

  /** What it is told from other objects by. */
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
   * A file that is somewhere else. It is referred to by its URL, and never fetched by us.
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
   * A file on disk, as a path or a `file:` URL. It is opened when it is sent, and again when sending
   * has to be repeated. Where there is no file system, the call that sends it rejects.
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
   * A file from bytes, which are not copied: leave them as they are until the call has ended.
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
   * A file from a stream, which can be read once only: an upload of it is not repeated when more than
   * 8 MB of it went straight to the network.
   *
   * @throws {TypeError} If it is not a stream of bytes.
   */
  static fromStream(stream: FileStream, options: StreamInputOptions = {}): FileInput {
    const iterates = (stream as AsyncIterable<Uint8Array> | undefined)?.[Symbol.asyncIterator];
    if (!iterates && !/Stream|Response/.test(tagOf(stream))) throw unusable("a stream of bytes");
    return new FileInput({ ...options, kind: "stream", source: stream });
  }

  /** The same file, with some of this changed. */
  with(options: StreamInputOptions): FileInput {
    const { source, size } = sourceOf(this);
    return new FileInput({ ...this, size, ...options, kind: this.kind, source });
  }
}

/** The {@linkcode FileInput} that a file is, of whichever copy of this package; `undefined` if none. */
export function fileInputOf(
  { value, kind }: { value: object; kind: FileKind },
): FileInput | undefined {
  return kind === "input" ? value as FileInput : undefined;
}

/** What a {@linkcode FileInput} keeps to itself. */
export function sourceOf(input: FileInput): Origin {
  return (input as FileInput & { [ORIGIN]: Origin })[ORIGIN];
}

/**
 * A file's name, checked.
 *
 * @throws {TypeError} If the server would not take it.
 */
export function checkName(name: string): string {
  const length = new TextEncoder().encode(name).length;
  if (typeof name === "string" && length > 0 && length <= 255) return name;
  throw new TypeError("Cannot use this as filename: give text of 1 to 255 bytes in UTF-8");
}

/**
 * A media type, checked: it becomes a header within the form.
 *
 * @throws {TypeError} If it is not of the form `type/subtype`.
 */
export function checkType(type: string): string {
  if (/^[\w.+-]+\/[\w.+-]+(?:\s*;\s*[\w.+-]+=(?:[\w.+-]+|"[ \w.+-]*"))*$/.test(type)) return type;
  throw new TypeError(
    `Cannot use ${JSON.stringify(type)} as contentType: give "image/png" or alike`,
  );
}

function unusable(needed: string): TypeError {
  return new TypeError(`Cannot use this as a file: give ${needed}`);
}
