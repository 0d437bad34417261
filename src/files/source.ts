/** Which values are files, and what is known of each. */

import { abortable } from "@std/async/abortable";
import type { FileEncoding } from "../options.ts";
import type { FileHandle } from "../runtime.ts";
import {
  blobContent,
  type Content,
  handleContent,
  memoryContent,
  pathContent,
  readerOf,
  streamContent,
} from "./content.ts";
import { checkName, checkType, FileInput, type FileInputOptions, sourceOf } from "./file_input.ts";
import { endingOf, typeOf } from "./mime.ts";

/** A file that is ready to be sent. */
export interface LoadedFile {
  readonly content: Content;
  readonly filename: string;
  readonly contentType: string;
  readonly encoding: FileEncoding | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/** What a file is called by those who made it. */
interface Found {
  content: Content;
  name?: string | undefined;
  type?: string | undefined;
}

/** How a value can be a file. */
export type FileKind =
  | "input"
  | "view"
  | "buffer"
  | "blob"
  | "stream"
  | "response"
  | "deno"
  | "handle"
  | "iterable";

/** By tag, as a value may come from another realm or package. */
const TAGS: Readonly<Record<string, FileKind>> = {
  ArrayBuffer: "buffer",
  SharedArrayBuffer: "buffer",
  Blob: "blob",
  File: "blob",
  ReadableStream: "stream",
  Response: "response",
};

/** What kind of a file a value is; `undefined` if it is none. */
export function fileKind(value: object): FileKind | undefined {
  if (Array.isArray(value)) return undefined;
  if (value instanceof FileInput) return "input";
  if (ArrayBuffer.isView(value)) return "view";
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (Object.hasOwn(TAGS, tag)) return TAGS[tag];
  // Files that are open, as Deno and as Node have them, and Node's streams.
  if (has(value, "stat") && has(value, "seek") && "readable" in value) return "deno";
  if (has(value, "stat") && has(value, "readableWebStream")) return "handle";
  return has(value, Symbol.asyncIterator) && !has(value, "toJSON") ? "iterable" : undefined;
}

/**
 * Finds out what has to be known of a file before it can be sent. `path` is where it is, for messages;
 * what `override` says counts more than what the file says.
 *
 * @throws {TypeError} If it cannot be sent.
 */
export async function load(
  value: object,
  path: string,
  signal: AbortSignal | undefined,
  override: FileInputOptions = {},
): Promise<LoadedFile> {
  const input = value instanceof FileInput ? value : undefined;
  try {
    const work = input ? findInput(input, signal) : find(value, undefined, signal);
    const { content, name, type } = await (signal ? abortable(work, signal) : work);
    const known = override.filename ?? input?.filename ?? name;
    const told = override.contentType ?? input?.contentType ?? type;
    const contentType = checkType(told || typeOf(known, content.head));
    return {
      content,
      contentType,
      filename: checkName(known || `file${endingOf(contentType)}`),
      encoding: input?.encoding,
      metadata: override.metadata ?? input?.metadata,
    };
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`Cannot send ${path}: ${why}`, { cause });
  }
}

async function findInput(input: FileInput, signal: AbortSignal | undefined): Promise<Found> {
  const { source, size } = sourceOf(input);
  if (input.kind !== "path") return await find(source as object, size, signal);
  const path = source as string | URL;
  return { content: await pathContent(path), name: baseName(decodePath(path)) };
}

async function find(
  value: object,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Found> {
  switch (fileKind(value)) {
    case "view": {
      const { buffer, byteOffset, byteLength } = value as ArrayBufferView;
      return { content: memoryContent([new Uint8Array(buffer, byteOffset, byteLength)]) };
    }
    case "buffer":
      return { content: memoryContent([new Uint8Array(value as ArrayBuffer)]) };
    case "blob":
      return await findBlob(value as Blob & { name?: unknown; exists?: () => Promise<boolean> });
    case "stream": {
      const stream = value as ReadableStream<unknown>;
      if (stream.locked) throw new TypeError("the stream is being read by somebody else");
      return { content: await streamContent(readerOf(stream), size, signal) };
    }
    case "response":
      return await findResponse(value as Response, size, signal);
    case "deno":
      return { content: await denoContent(value as DenoFile, signal) };
    case "handle":
      return { content: await handleContent(value as FileHandle) };
    default:
      return await findIterable(value as AsyncIterable<unknown>, size, signal);
  }
}

async function findBlob(
  blob: Blob & { name?: unknown; exists?: () => Promise<boolean> },
): Promise<Found> {
  // Bun's file that is not there reads as an empty one.
  if (blob.exists && !await blob.exists()) throw new TypeError(`there is no ${blob.name}`);
  const name = typeof blob.name === "string" ? baseName(blob.name) : undefined;
  // With a name of its own, an ending says more than Bun's default for an ending it does not know.
  const type = blob.exists && blob.type === "application/octet-stream" ? undefined : blob.type;
  return { content: await blobContent(blob), name, type };
}

async function findResponse(
  response: Response,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const { ok, status, bodyUsed, headers, url } = response;
  if (!ok) throw new TypeError(`the response is an error (${status})`);
  if (bodyUsed) throw new TypeError("the response's body has been read");
  // `fetch` has decoded what was encoded, so that the length is another one.
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  const known = size ?? (length !== null && /^\d+$/.test(length) ? Number(length) : undefined);
  const reading = response.body
    ? readerOf(response.body)
    : { read: () => undefined, close: () => {} };
  const type = headers.get("content-type") ?? undefined;
  return {
    content: await streamContent(reading, known, signal),
    name: URL.canParse(url) ? baseName(decodePath(new URL(url))) : undefined,
    type: type?.startsWith("application/octet-stream") ? undefined : type,
  };
}

interface DenoFile {
  stat(): Promise<{ size: number; isFile: boolean }>;
  seek(offset: number, whence: number): Promise<number>;
  readonly readable: ReadableStream<Uint8Array>;
}

async function denoContent(file: DenoFile, signal: AbortSignal | undefined): Promise<Content> {
  const { size, isFile } = await file.stat();
  // From where it is read to so far, as all do that read it.
  const left = isFile ? Math.max(0, size - await file.seek(0, 1)) : undefined;
  return await streamContent(readerOf(file.readable), left, signal);
}

async function findIterable(
  value: AsyncIterable<unknown>,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const { path, readableEnded, destroyed } = value as {
    path?: unknown;
    readableEnded?: boolean;
    destroyed?: boolean;
  };
  if (readableEnded || destroyed) throw new TypeError("the stream has been read");
  const name = typeof path === "string" ? baseName(path) : undefined;
  return { content: await streamContent(readerOf(value), size, signal), name };
}

function baseName(path: string): string | undefined {
  return path.split(/[/\\]/).filter((part) => part !== "").at(-1);
}

function decodePath(path: string | URL): string {
  if (typeof path === "string") return path;
  try {
    return decodeURIComponent(path.pathname);
  } catch {
    return path.pathname;
  }
}

function has(value: object, name: PropertyKey): boolean {
  return typeof (value as Record<PropertyKey, unknown>)[name] === "function";
}
