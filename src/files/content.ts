/** Files of known length, whose bytes are in memory, on disk or in a stream. */

import { onAbort } from "../base/async.ts";
import { type FileHandle, type FileStat, fileSystem } from "../base/file_system.ts";
import { loadModules, sha256 } from "../base/runtime.ts";

import { type Chunk, piecesOf, type Reading, readingOf, viewOf } from "./bytes.ts";
import { can } from "./kind.ts";
import { HEAD } from "./names.ts";
import { bytesOfOldBlob } from "./old_blob.ts";
import { pathText } from "./paths.ts";

/** A file of known length. */
export interface Content {
  readonly size: number;
  /** The first bytes, enough to recognize the type; absent if there are none. */
  readonly head?: Uint8Array | undefined;
  /** All bytes, if they are in memory in one piece. */
  readonly bytes?: Uint8Array | undefined;
  /** True if the file can be read only once. */
  readonly once?: boolean;
  /** Starts to read the file. */
  open(): Promise<Reading> | Reading;
  /** Resolves to text that changes whenever the bytes do; absent if they cannot change. */
  stamp?(): Promise<string | undefined>;
  /** The name that the source has. */
  readonly filename?: string | undefined;
  /** The media type that the source claims. */
  readonly contentType?: string | undefined;
}

/** The number of bytes that one read asks for. */
const PIECE = 65_536;
/** The largest stream, in bytes, that is kept in memory so that its upload can be repeated. */
const KEPT = 8_000_000;
/** The largest file, in bytes, that the server accepts. */
const MOST = 104_857_600;

/** Makes a content of bytes in memory, without a copy. */
export function memoryContent(pieces: readonly Uint8Array[]): Content {
  async function* slices(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += PIECE) yield piece.subarray(at, at + PIECE);
    }
  }
  const open = (): Reading => readingOf(slices());
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

/**
 * Makes a content of a `Blob`, which is in memory or, on some runtimes, on disk. That of jsdom has no
 * `stream()`, so its slices are read.
 *
 * @throws {TypeError} If there is no way to read it.
 */
export async function blobContent(blob: Blob): Promise<Content> {
  const { size } = blob;
  const part = async (from: number, to: number): Promise<Uint8Array> => {
    const slice = blob.slice(from, to);
    return viewOf(await (can(slice, "arrayBuffer") ? slice.arrayBuffer() : bytesOfOldBlob(slice)));
  };
  async function* slices(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < size; at += PIECE) yield await part(at, at + PIECE);
  }
  return {
    size,
    head: await part(0, HEAD),
    open: () => readingOf(can(blob, "stream") ? blob.stream() : slices()),
  };
}

/**
 * Makes a content of a file on disk, which is opened for each read.
 *
 * @throws {TypeError} If there is no file system, or the path is not that of a file.
 */
export async function pathContent(given: string | URL): Promise<Content> {
  await loadModules();
  const fs = fileSystem();
  if (!fs) throw new TypeError("there is no file system here: give its bytes");
  const path = pathText(given, "read the file");
  // Before it is opened, as a pipe would wait for its writer.
  regular(await fs.stat(path));
  return await diskContent(() => fs.open(path, "r"), (handle) => handle.close());
}

/**
 * Makes a content of an open file, which stays open. It is read from its start, wherever its position
 * is.
 *
 * @throws {TypeError} If the handle is not that of a file.
 */
export async function handleContent(handle: FileHandle): Promise<Content> {
  return await diskContent(() => handle, () => {});
}

function regular(stat: FileStat): FileStat {
  if (stat.isFile()) return stat;
  throw new TypeError("it is not a file");
}

async function diskContent(
  open: () => FileHandle | Promise<FileHandle>,
  close: (handle: FileHandle) => Promise<void> | void,
): Promise<Content> {
  const look = async (): Promise<Pick<Content, "size" | "head"> & { stamp: string }> => {
    const handle = await open();
    try {
      const { size, mtimeMs } = regular(await handle.stat());
      const head = new Uint8Array(HEAD);
      const { bytesRead } = await handle.read(head, 0, HEAD, 0);
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
      let closed: Promise<void> | void;
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
 * Makes a content of a stream of `size` bytes, from its first piece on. A small stream, or one of
 * unknown size, is read into memory first.
 *
 * @throws {TypeError} If the stream yields anything but bytes, another number of them, or too many to
 * keep in memory.
 */
export async function streamContent(
  reading: Reading,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Content> {
  const unlisten = onAbort(signal, () => reading.close(signal?.reason));
  try {
    if (size && size > KEPT) return await passedOn(reading, size);
    const pieces: Chunk[] = [];
    let length = 0;
    for await (const piece of piecesOf(reading, size)) {
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
    const piece = next ?? await reading.read();
    next = undefined;
    return piece;
  };
  return { size, head, once: true, open: () => ({ ...reading, read }) };
}
