/** Files that are being read, piece by piece, whatever they are read from. */

/** Bytes over an ordinary buffer, as the platform wants them. */
export type Chunk = Uint8Array<ArrayBuffer>;

/** A file that is being read, from its start. */
export interface Reading {
  /** The next piece; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Lets it go, read to its end or not. What waits for a piece waits no longer. */
  close(reason?: unknown): Promise<void> | void;
}

/** Reads a stream, a `Blob`'s or one of Node's; the body that a response does not have is empty. */
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
    // Not awaited: a source may never answer.
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

/** The bytes of a typed array, a `DataView` or a buffer, which are not copied. */
export function viewOf(value: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

/**
 * The pieces of a file, which is closed when the loop over them ends in any way.
 *
 * @param size How many bytes it has to have.
 * @param name What it is called in messages.
 * @throws {TypeError} If it has more or less.
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
      // The platform does not take shared memory: what is in it is copied.
      yield piece.buffer instanceof ArrayBuffer ? piece as Chunk : new Uint8Array(piece);
    }
  } finally {
    await reading.close();
  }
  if (length === (size ?? length)) return;
  const found = length > size! ? "more than" : `${length} and not`;
  throw new TypeError(`${name} has ${found} ${size} bytes`);
}

/** All bytes of a file of a known size, which are in memory only once. */
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

/** A file as a stream, of which nothing is read ahead. */
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

/** How many bytes a response's body has; `undefined` when that is not said. */
export function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get("content-length") ?? "";
  // `fetch` has decoded what was encoded, so that the length is another one.
  return /^\d+$/.test(length) && !headers.has("content-encoding") ? Number(length) : undefined;
}
