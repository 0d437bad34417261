/** Files whose length is known, wherever their bytes are. */

import { onAbort } from "../base/async.ts";
import { type FileHandle, fileSystem, sha256 } from "../base/runtime.ts";
import { HEAD } from "./names.ts";
import { type Chunk, piecesOf, readerOf, type Reading } from "./bytes.ts";

/** A file whose length is known. */
export interface Content {
  readonly size: number;
  /** Its first bytes, at least so many as show what it is; absent if there are none. */
  readonly head?: Uint8Array | undefined;
  /** All of its bytes, when they are in memory in one piece. */
  readonly bytes?: Uint8Array | undefined;
  /** Whether it can be read only once. */
  readonly once?: boolean;
  /** Begins to read it. */
  open(): Promise<Reading> | Reading;
  /** Text that differs when the content does; without it, the content cannot change. */
  stamp?(): Promise<string | undefined>;
  /** The name that its source has for it. */
  readonly filename?: string | undefined;
  /** The media type that its source claims. */
  readonly contentType?: string | undefined;
}

/** How much of a file is read at once. */
const PIECE = 64 * 1024;
/** Streams up to this size are kept, so that sending them can be repeated. */
const KEPT = 8_000_000;
/** As much as the server takes in one upload. */
const MOST = 100 * 1024 * 1024;

/** Bytes in memory, which are not copied. */
export function memoryContent(pieces: readonly Uint8Array[]): Content {
  async function* slices(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += PIECE) yield piece.subarray(at, at + PIECE);
    }
  }
  const open = (): Reading => readerOf(slices());
  return {
    size: pieces.reduce((sum, { length }) => sum + length, 0),
    head: pieces.find(({ length }) => length > 0),
    bytes: pieces.length === 1 ? pieces[0] : undefined,
    open,
    stamp: async () => {
      const hash = sha256();
      if (hash) { for await (const piece of piecesOf(open())) hash.update(piece); }
      return hash?.digest("hex");
    },
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
 * A file on disk, which is opened each time it is read.
 *
 * @throws {TypeError} If there is no file system, or it is not a file.
 */
export async function pathContent(path: string | URL): Promise<Content> {
  const fs = fileSystem();
  if (!fs) throw new TypeError("there is no file system here: give its bytes");
  return await diskContent(() => fs.open(path, "r"), (handle) => handle.close());
}

/**
 * A file that is open already, and stays so. It is read from its start, whatever was read of it.
 *
 * @throws {TypeError} If it is not a file.
 */
export async function handleContent(handle: FileHandle): Promise<Content> {
  return await diskContent(() => Promise.resolve(handle), () => Promise.resolve());
}

async function diskContent(
  open: () => Promise<FileHandle>,
  close: (handle: FileHandle) => Promise<void>,
): Promise<Content> {
  const look = async (): Promise<Pick<Content, "size" | "head"> & { stamp: string }> => {
    const handle = await open();
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new TypeError("it is not a file");
      const head = new Uint8Array(HEAD);
      const { bytesRead } = await handle.read(head, 0, HEAD, 0);
      const { size, mtimeMs } = stat;
      return { size, head: head.subarray(0, bytesRead), stamp: `${size} ${mtimeMs}` };
    } finally {
      await close(handle);
    }
  };
  return {
    ...await look(),
    stamp: async () => (await look()).stamp,
    open: async () => {
      const handle = await open();
      let position = 0;
      let closed: Promise<void> | undefined;
      return {
        read: async () => {
          const buffer = new Uint8Array(PIECE);
          const { bytesRead } = await handle.read(buffer, 0, PIECE, position);
          position += bytesRead;
          return bytesRead > 0 ? buffer.subarray(0, bytesRead) : undefined;
        },
        close: () => closed ??= close(handle),
      };
    },
  };
}

/**
 * A stream of so many bytes; when that is not known, or is little, it is read into memory.
 *
 * @throws {TypeError} If it yields something else, another number of bytes, or too many to be kept.
 */
export async function streamContent(
  stream: ReadableStream<unknown> | AsyncIterable<unknown> | null,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Content> {
  const reading = readerOf(stream);
  const unlisten = onAbort(signal, () => reading.close(signal?.reason));
  try {
    if (size !== undefined && size > KEPT) return await passedOn(reading, size);
    const pieces: Chunk[] = [];
    let length = 0;
    for await (const piece of piecesOf(reading, size, "the stream")) {
      signal?.throwIfAborted();
      pieces.push(piece);
      length += piece.length;
      if (length > MOST) throw new TypeError("the stream is longer than 100 MiB: give its size");
    }
    return memoryContent(pieces);
  } finally {
    unlisten();
  }
}

async function passedOn(reading: Reading, size: number): Promise<Content> {
  const head = await reading.read();
  let next = head;
  const read = async (): Promise<Uint8Array | undefined> => {
    const piece = next;
    next = undefined;
    return piece ?? await reading.read();
  };
  return { size, head, once: true, open: () => ({ ...reading, read }) };
}
