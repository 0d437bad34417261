/** The bytes of a file, wherever they are, read piece by piece. */

import { type FileHandle, fileSystem, sha256 } from "../runtime.ts";
import { HEAD } from "./mime.ts";

/** Bytes over an ordinary buffer, as the platform wants them. */
export type Chunk = Uint8Array<ArrayBuffer>;

/** A file that is being read, from its start. */
export interface Reading {
  /** The next piece; `undefined` at the end. */
  read(): Promise<Chunk | undefined> | Chunk | undefined;
  /** Lets it go, read to its end or not. */
  close(reason?: unknown): Promise<void> | void;
}

/** A file whose length is known. */
export interface Content {
  readonly size: number;
  /** Its first bytes, which may be fewer than there are. */
  readonly head: Uint8Array;
  /** All of its bytes, when they are in memory in one piece. */
  readonly bytes?: Uint8Array | undefined;
  /** Whether it can be read only once. */
  readonly once?: boolean;
  /** Begins to read it. */
  open(): Promise<Reading> | Reading;
  /** Text that differs when the content does; without it, the content cannot change. */
  stamp?(): Promise<string | undefined>;
}

/** How much of a file is read at once. */
const PIECE = 64 * 1024;
/** Streams up to this size are kept, so that sending them can be repeated. */
const KEPT = 8_000_000;
/** As much as the server takes in one upload. */
const MOST = 100 * 1024 * 1024;

/** Bytes in memory, which are not copied. */
export function memoryContent(pieces: readonly Uint8Array[]): Content {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  function* slices(): Generator<Chunk> {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += PIECE) {
        yield plain(piece.subarray(at, at + PIECE));
      }
    }
  }
  return {
    size,
    head: pieces.find(({ length }) => length > 0)?.subarray(0, HEAD) ?? new Uint8Array(),
    bytes: pieces.length === 1 ? pieces[0] : undefined,
    open: () => {
      const rest = slices();
      return { read: () => rest.next().value ?? undefined, close: () => {} };
    },
    stamp: () => Promise.resolve(hashOf(slices())),
  };
}

/** A `Blob`: in memory or, with some runtimes, on disk. */
export async function blobContent(blob: Blob): Promise<Content> {
  return {
    size: blob.size,
    head: new Uint8Array(await blob.slice(0, HEAD).arrayBuffer()),
    open: () => readerOf(blob.stream()),
  };
}

/**
 * A file on disk.
 *
 * @throws {TypeError} If there is no file system, or it is not a file.
 */
export async function pathContent(path: string | URL): Promise<Content> {
  const fs = fileSystem();
  if (!fs) throw new TypeError("there is no file system here: give its bytes");
  const handle = await fs.open(path, "r");
  try {
    const { read: _, open: __, ...content } = await handleContent(handle);
    const open = async (): Promise<Reading> => {
      const again = await fs.open(path, "r");
      const reading = readHandle(again);
      return { read: reading.read, close: () => again.close() };
    };
    const stamp = async (): Promise<string> => {
      const again = await fs.open(path, "r");
      return await stampOf(again).finally(() => again.close());
    };
    return { ...content, open, stamp };
  } finally {
    await handle.close();
  }
}

/**
 * A file that is open already, and stays so. It is read from its start, whatever was read of it.
 *
 * @throws {TypeError} If it is not a file.
 */
export async function handleContent(handle: FileHandle): Promise<Content & { read?: undefined }> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new TypeError("it is not a file");
  const head = new Uint8Array(Math.min(HEAD, stat.size));
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  return {
    size: stat.size,
    head: head.subarray(0, bytesRead),
    open: () => readHandle(handle),
    stamp: () => stampOf(handle),
  };
}

/**
 * A stream of so many bytes; when that is not known, or is little, it is read into memory.
 *
 * @throws {TypeError} If it yields something else, another number of bytes, or too many to be kept.
 */
export async function streamContent(
  reading: Reading,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Content> {
  if (size !== undefined && size > KEPT) return await passedOn(reading, size);
  const pieces: Chunk[] = [];
  let length = 0;
  const stop = (): void => void reading.close(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for (let chunk; (chunk = await reading.read()) !== undefined;) {
      signal?.throwIfAborted();
      pieces.push(chunk);
      length += chunk.length;
      if (length > (size ?? MOST)) break;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    await reading.close();
  }
  if (length === (size ?? length) && length <= MOST) return memoryContent(pieces);
  throw new TypeError(
    size === undefined
      ? "the stream is longer than 100 MiB: give its size"
      : `the stream has ${length > size ? "more than" : `${length} and not`} ${size} bytes`,
  );
}

async function passedOn(reading: Reading, size: number): Promise<Content> {
  const first = await reading.read();
  let used = false;
  return {
    size,
    head: (first ?? new Uint8Array()).subarray(0, HEAD),
    once: true,
    open: () => {
      if (used) throw new TypeError("the stream has been read");
      used = true;
      let next = first;
      return {
        read: () => {
          const chunk = next;
          next = undefined;
          return chunk ?? reading.read();
        },
        close: (reason) => reading.close(reason),
      };
    },
  };
}

/** A stream, a `Blob`'s or one of Node's, as pieces of bytes. */
export function readerOf(stream: ReadableStream<unknown> | AsyncIterable<unknown>): Reading {
  if ("getReader" in stream) {
    const reader = stream.getReader();
    return {
      read: async () => bytesOf((await reader.read()).value),
      // Not awaited: a source may never answer.
      close: (reason) => void reader.cancel(reason).catch(() => {}),
    };
  }
  const iterator = stream[Symbol.asyncIterator]();
  return {
    read: async () => {
      const { done, value } = await iterator.next();
      return done ? undefined : bytesOf(value);
    },
    close: () => void Promise.resolve(iterator.return?.()).catch(() => {}),
  };
}

function readHandle(handle: FileHandle): Reading & { read(): Promise<Chunk | undefined> } {
  let position = 0;
  return {
    read: async () => {
      const buffer = new Uint8Array(PIECE);
      const { bytesRead } = await handle.read(buffer, 0, PIECE, position);
      position += bytesRead;
      return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
    },
    close: () => {},
  };
}

async function stampOf(handle: FileHandle): Promise<string> {
  const { size, mtimeMs } = await handle.stat();
  return `${size} ${mtimeMs}`;
}

function hashOf(chunks: Iterable<Uint8Array>): string | undefined {
  const hash = sha256();
  if (!hash) return undefined;
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

function bytesOf(value: unknown): Chunk | undefined {
  if (value === undefined || value instanceof Uint8Array) return value && plain(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    return plain(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  throw new TypeError(`the stream yields ${typeof value}s, and not bytes`);
}

/** Shared memory is not taken by streams, so that what is in it is copied. */
function plain(bytes: Uint8Array): Chunk {
  return bytes.buffer instanceof ArrayBuffer ? bytes as Chunk : new Uint8Array(bytes);
}

/** All bytes of a file in one piece, which are not copied where they are one already. */
export async function bytesOfContent(content: Content): Promise<Uint8Array> {
  if (content.bytes) return content.bytes;
  const bytes = new Uint8Array(content.size);
  const reading = await content.open();
  let at = 0;
  try {
    for (let chunk; (chunk = await reading.read()) !== undefined; at += chunk.length) {
      bytes.set(chunk.subarray(0, bytes.length - at), at);
    }
  } finally {
    await reading.close();
  }
  if (at === bytes.length) return bytes;
  throw new TypeError(`it has ${at} and not ${bytes.length} bytes`);
}
