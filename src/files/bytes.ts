/** Reads files piece by piece, whatever their source is. */

import { type Chunk, readerOf } from "../http/body.ts";
import { isBytes } from "./kind.ts";

export type { Chunk };

/** A file that is being read from its start. */
export interface Reading {
  /** Resolves to the next piece, or to `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Releases the source, read to its end or not, and ends a `read` that is waiting. */
  close(reason?: unknown): Promise<void> | void;
}

/** Begins to read a stream of the caller's: a web stream, or one of Node's. */
export function readingOf(stream: ReadableStream<unknown> | AsyncIterable<unknown>): Reading {
  return readerOf({ body: stream } as Response, bytesOnly);
}

/** Returns a piece of a stream of the caller's, which may yield anything, as bytes. */
export function bytesOnly(piece: unknown): Chunk | undefined {
  if (piece === undefined) return undefined;
  if (isBytes(piece)) return viewOf(piece) as Chunk;
  throw new TypeError("it yields something else than bytes");
}

/** Views a typed array, a `DataView` or a buffer as bytes, without a copy. */
export function viewOf(value: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

/**
 * Iterates over the pieces of a file, and closes it when the loop ends in any way.
 *
 * @param size The number of bytes that the file must have. Default: any.
 * @throws {TypeError} If the file has more or fewer bytes.
 */
export async function* piecesOf(
  reading: Reading,
  size?: number,
): AsyncGenerator<Chunk, void, undefined> {
  let length = 0;
  try {
    for (let piece; (piece = await reading.read());) {
      length += piece.length;
      if (length > (size ?? Infinity)) break;
      // The platform refuses shared memory, so bytes in it are copied.
      yield piece.buffer instanceof ArrayBuffer ? piece as Chunk : new Uint8Array(piece);
    }
  } finally {
    await reading.close();
  }
  if (size === undefined || length === size) return;
  const found = length > size ? "more than" : `${length} and not`;
  throw new TypeError(`it has ${found} ${size} bytes`);
}

/** Reads a file of a known size into one array; its bytes are in memory only once. */
export async function joined(reading: Reading, size: number): Promise<Chunk> {
  // Not `toArrayBuffer` of @std/streams: 300 MB take Node 580 MB instead of 325 MB.
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const piece of piecesOf(reading, size)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The source of a stream. Not the platform's type, which is not the same in all of its versions. */
interface StreamSource {
  pull(controller: { enqueue(chunk: Chunk): void; close(): void }): Promise<void>;
  cancel(reason?: unknown): Promise<void> | void;
}

/**
 * The source and the strategy of a stream of a file, of which nothing is read ahead: it is opened when the
 * first byte is asked for.
 */
export function streamInit({ read, close }: Reading): [StreamSource, { highWaterMark: number }] {
  return [{
    async pull(controller): Promise<void> {
      const piece = await read();
      if (piece) controller.enqueue(piece as Chunk);
      else controller.close();
    },
    cancel: close,
  }, { highWaterMark: 0 }];
}

/** Makes a stream of a file. Nothing is read ahead. */
export function streamOf(reading: Reading): ReadableStream<Chunk> {
  return new ReadableStream(...streamInit(reading));
}

/** The size of a response's body in bytes; `undefined` if the headers do not tell. */
export function lengthOf({ headers }: Pick<Response, "headers">): number | undefined {
  const length = headers.get("content-length") ?? "";
  // `fetch` has decoded an encoded body, so its length differs from the header.
  const isPlain = /^(identity)?$/i.test(headers.get("content-encoding") ?? "");
  return isPlain && /^\d+$/.test(length) ? Number(length) : undefined;
}
