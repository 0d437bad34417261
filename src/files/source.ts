/** Loads a file: finds its length, name and type before it is sent. */

import type { FileEncoding } from "../http/options.ts";
import { unlessAborted } from "../base/async.ts";
import { parsedUrl, readable } from "../base/text.ts";
import { readerOf } from "../http/body.ts";
import {
  blobContent,
  type Content,
  handleContent,
  memoryContent,
  pathContent,
  streamContent,
} from "./content.ts";
import {
  checkName,
  checkType,
  type FileInput,
  fileInputOf,
  type FileInputOptions,
  foreignType,
  sourceOf,
} from "./file_input.ts";
import type { FileSlot } from "./input_json.ts";
import { type FileKind, fileKind } from "./kind.ts";
import { baseName, endingOf, foreignName, suggestedName, typeOf } from "./names.ts";
import { bytesOnly, lengthOf, readingOf, viewOf } from "./bytes.ts";

/** A file that is ready to be sent. */
export interface LoadedFile extends Content {
  readonly filename: string;
  readonly contentType: string;
  readonly encoding: FileEncoding | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/** Examines a value of one kind; `size` is its number of bytes, if the caller has stated it. */
type Finder = (
  value: never,
  size: number | undefined,
  signal: AbortSignal | undefined,
) => Content | Promise<Content>;

const FINDERS: Readonly<Record<FileKind, Finder>> = {
  input: findInput,
  bytes: (bytes: ArrayBufferView | ArrayBufferLike) => memoryContent([viewOf(bytes)]),
  blob: findBlob,
  stream: findStream,
  response: findResponse,
  open: findOpen,
  handle: handleContent,
};

/**
 * Loads a file, so that it can be sent. The fields of `override` win over those of the file.
 *
 * @throws {TypeError} If the file cannot be sent; the message names its place.
 */
export async function load(
  slot: Omit<FileSlot, "set">,
  signal: AbortSignal | undefined,
  override: FileInputOptions = {},
): Promise<LoadedFile> {
  const { path, value, kind } = slot;
  const input = fileInputOf(slot);
  return await placed(path, signal, async () => {
    const content = await FINDERS[kind](value as never, undefined, signal);
    const filename = override.filename ?? input?.filename;
    const told = override.contentType ?? input?.contentType;
    // What the caller said is refused if it cannot be sent; what the source says is made to fit.
    const name = filename ?? foreignName(content.filename);
    const contentType = told === undefined
      ? foreignType(content.contentType) ?? typeOf(name, content.head)
      : checkType(told);
    return {
      ...content,
      contentType,
      filename: checkName(filename ?? (name || `file${endingOf(contentType)}`)),
      encoding: input?.encoding,
      metadata: override.metadata ?? input?.metadata,
    };
  });
}

/**
 * Settles with `work`, which reads the file at a place in the input, or rejects with the signal's
 * reason as soon as it aborts.
 *
 * @throws {TypeError} If `work` throws; the message names the place.
 */
export async function placed<T>(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await unlessAborted(work(), signal);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new TypeError(`Cannot send ${path}: ${readable(cause)}`, { cause });
  }
}

async function findInput(
  input: FileInput,
  _: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Content> {
  const { source, size } = sourceOf(input);
  if (input.kind === "path") {
    const path = source as string | URL;
    return { ...await pathContent(path), filename: baseName(path) };
  }
  // `fromStream` has checked it: a stream counts here even if it has a `toJSON`.
  const kind = fileKind(source as object) ?? "stream";
  return await FINDERS[kind](source as never, size, signal);
}

async function findBlob(
  blob: Blob & { name?: unknown; exists?: () => Promise<boolean> },
): Promise<Content> {
  const { name, type, exists } = blob;
  // Bun reads a file that does not exist as an empty one.
  if (exists && !await blob.exists!()) throw new TypeError(`there is no ${name}`);
  return {
    ...await blobContent(blob),
    filename: nameIn(name),
    // Bun's default for an unknown ending says less than the ending.
    contentType: exists && type === "application/octet-stream" ? undefined : type,
  };
}

async function findStream(
  stream: (ReadableStream<unknown> | AsyncIterable<unknown>) & {
    locked?: boolean;
    // Of a `FileOutput`, which can be read again by a stream of its own.
    stream?: () => ReadableStream<unknown>;
    toJSON?: unknown;
    // Of Node's streams.
    path?: unknown;
    readableEnded?: boolean;
    destroyed?: boolean;
  },
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Content> {
  const { locked, path, readableEnded, destroyed } = stream;
  if (locked) throw new TypeError("the stream is locked");
  if (readableEnded || destroyed) throw new TypeError("it has been read");
  const own = stream.toJSON && stream.stream ? stream.stream() : stream;
  return { ...await streamContent(readingOf(own), size, signal), filename: nameIn(path) };
}

async function findResponse(
  response: Response,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Content> {
  const { status, bodyUsed, headers, url } = response;
  if (status < 200 || status > 299) throw new TypeError(`the response is an error (${status})`);
  if (bodyUsed) throw new TypeError("it has been read");
  const type = headers.get("content-type") ?? "";
  return {
    ...await streamContent(readerOf(response, bytesOnly), size ?? lengthOf(response), signal),
    filename: suggestedName(baseName(parsedUrl(url) ?? "") ?? ""),
    contentType: type.startsWith("application/octet-stream") ? undefined : type,
  };
}

interface DenoFile {
  stat(): Promise<{ size: number; isFile: boolean }>;
  seek(offset: number, whence: number): Promise<number>;
  readonly readable: ReadableStream<Uint8Array>;
}

async function findOpen(
  file: DenoFile,
  _: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Content> {
  const { size, isFile } = await file.stat();
  // From its present position on, as other readers of an open file do.
  const left = isFile ? Math.max(0, size - await file.seek(0, 1)) : undefined;
  return await streamContent(readingOf(file.readable), left, signal);
}

/** The name within a path, if it is text: Node gives descriptors a path of bytes. */
function nameIn(path: unknown): string | undefined {
  return typeof path === "string" ? baseName(path) : undefined;
}
