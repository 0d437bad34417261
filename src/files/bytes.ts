/** Reads files piece by piece, whatever their source is. */

/** Bytes over an ordinary `ArrayBuffer`, which is the only kind that the platform takes. */
export type Chunk = Uint8Array<ArrayBuffer>;

/** A file that is being read from its start. */
export interface Reading {
  /** Resolves to the next piece, or to `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Releases the source, read to its end or not, and ends a `read` that is waiting. */
  close(reason?: unknown): Promise<void> | void;
}

/** Reads a web stream or one of Node's. `null`, the body of a response without one, is empty. */
export function readerOf(
  stream: ReadableStream<unknown> | AsyncIterable<unknown> | null,
): Reading {
  const iterator = iteratorOf(stream ?? new Blob().stream());
  return {
    read: async () => {
      const { done, value } = await iterator.next();
      if (done) return undefined;
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return viewOf(value);
      throw new TypeError(`the stream yields ${typeof value}s, and not bytes`);
    },
    // Not awaited: the source may never answer.
    close: (reason) => void Promise.resolve(iterator.return?.(reason)).catch(() => {}),
  };
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

/** Makes a stream of a file. Nothing is read ahead. */
export function streamOf({ read, close }: Reading): ReadableStream<Chunk> {
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const piece = await read();
      if (piece) controller.enqueue(piece as Chunk);
      else controller.close();
    },
    cancel: close,
  }, { highWaterMark: 0 });
}

/** The size of a response's body in bytes; `undefined` if the headers do not tell. */
export function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get("content-length") ?? "";
  // `fetch` has decoded an encoded body, so its length differs from the header.
  return /^\d+$/.test(length) && !headers.has("content-encoding") ? Number(length) : undefined;
}
