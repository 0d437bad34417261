/** Reads files piece by piece, whatever their source is. */

import { tagOf } from "./kind.ts";
import type { StreamSource } from "./lazy_stream.ts";

/** Bytes over an ordinary `ArrayBuffer`, which is the only kind that the platform takes. */
export type Chunk = Uint8Array<ArrayBuffer>;

/** A file that is being read from its start. */
export interface Reading {
  /** Resolves to the next piece, or to `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Releases the source, read to its end or not, and ends a `read` that is waiting. */
  close(reason?: unknown): Promise<void> | void;
}

/** Begins to read a stream of the caller's: a web stream, or one of Node's. */
export function readingOf(stream: ReadableStream<unknown> | AsyncIterable<unknown>): Reading {
  const iterator = iteratorOf(stream);
  return {
    read: async () => {
      const { done, value } = await iterator.next();
      return done ? undefined : checked(value);
    },
    // Not awaited: the source may never answer.
    close: (reason) => void Promise.resolve(iterator.return?.(reason)).catch(() => {}),
  };
}

/** Reads the body of a response of the caller's, which may yield anything, as a stream may. */
export function bytesOnly({ read, close }: Reading): Reading {
  return {
    read: async () => {
      const piece = await read();
      return piece && checked(piece);
    },
    close,
  };
}

function checked(piece: unknown): Uint8Array {
  if (isBytes(piece)) return viewOf(piece);
  throw new TypeError(`the stream yields ${typeof piece}s, and not bytes`);
}

function iteratorOf(
  stream: ReadableStream<unknown> | AsyncIterable<unknown>,
): Pick<AsyncIterator<unknown>, "next" | "return"> {
  if (!("getReader" in stream)) return stream[Symbol.asyncIterator]();
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: (reason) => reader.cancel(reason) as Promise<never>,
  };
}

/** True if a value is bytes in memory, of this realm or another one. */
function isBytes(value: unknown): value is ArrayBufferView | ArrayBufferLike {
  return ArrayBuffer.isView(value) || /^(?:Shared)?ArrayBuffer$/.test(tagOf(value));
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
 * @param name The name of the file in messages.
 * @throws {TypeError} If the file has more or fewer bytes.
 */
export async function* piecesOf(
  reading: Reading,
  size?: number,
  name = "it",
): AsyncGenerator<Chunk, void, undefined> {
  let length = 0;
  try {
    for (let piece; (piece = await reading.read());) {
      length += piece.length;
      if (length > (size ?? length)) break;
      // The platform refuses shared memory, so bytes in it are copied.
      yield piece.buffer instanceof ArrayBuffer ? piece as Chunk : new Uint8Array(piece);
    }
  } finally {
    await reading.close();
  }
  if (length === (size ?? length)) return;
  const found = length > size! ? "more than" : `${length} and not`;
  throw new TypeError(`${name} has ${found} ${size} bytes`);
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

/** Makes the source of a stream of a file, for a stream that reads nothing ahead. */
export function sourceOf({ read, close }: Reading): StreamSource<Chunk> {
  return {
    async pull(controller): Promise<void> {
      const piece = await read();
      if (piece) controller.enqueue(piece as Chunk);
      else controller.close();
    },
    cancel: close,
  };
}

/** A stream that reads nothing ahead: its source is opened when the first byte is asked for. */
export const NOTHING_AHEAD: { highWaterMark: number } = { highWaterMark: 0 };

/** Makes a stream of a file. Nothing is read ahead. */
export function streamOf(reading: Reading): ReadableStream<Chunk> {
  return new ReadableStream(sourceOf(reading), NOTHING_AHEAD);
}

/** The size of a response's body in bytes; `undefined` if the headers do not tell. */
export function lengthOf({ headers }: Pick<Response, "headers">): number | undefined {
  const length = headers.get("content-length") ?? "";
  // `fetch` has decoded an encoded body, so its length differs from the header.
  const isPlain = /^(?:identity)?$/i.test(headers.get("content-encoding") ?? "");
  return isPlain && /^\d+$/.test(length) ? Number(length) : undefined;
}
