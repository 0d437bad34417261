/** A store in a file on disk. */

import { concatBytes } from "../base/bytes.ts";
import { checkKeys } from "../base/check.ts";
import { ReplicateError } from "../errors.ts";
import type { BatchStore } from "../batch/types.ts";
import { type FileHandle, type FileSystem, fileSystem } from "../base/file_system.ts";
import { loadModules } from "../base/runtime.ts";
import { FileLock } from "./file_lock.ts";

/** The options of {@linkcode fileStore}. */
export interface FileStoreOptions {
  /**
   * Waits until each write is on the disk, so that it survives a crash of the machine, and not only of the
   * process. Writes at the same time share one wait. Default `true`.
   */
  sync?: boolean | undefined;
}

/**
 * Creates a store in a file, which only ever grows: each change appends a line of JSON. The first line
 * tells that it is such a store; any other file is refused, and left as it is. A last line that a crash
 * has torn is cut off. Memory holds the keys and the positions of their values.
 *
 * It works on Deno, Node and Bun. A lock, `<path>.lock`, lets only one process at a time use the file. A
 * file that this creates is readable by its owner only.
 *
 * @param path The path of the file, which is created by the first write.
 *
 * @example
 * ```ts
 * import { fileStore } from "@x/replicate/stores";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/batch.jsonl`;
 * await fileStore(path).set("a", { n: 1 });
 * assertEquals(await fileStore(path).get("a"), { n: 1 });
 * const [, line] = (await Deno.readTextFile(path)).split("\n");
 * assertEquals(line, '{"key":"a","value":{"n":1}}');
 * ```
 */
export function fileStore(path: string | URL, options: FileStoreOptions = {}): BatchStore {
  checkKeys(options, ["sync"], "keep a store in a file");
  const file = new StoreFile(path, options.sync ?? true);
  return {
    get: (key) => file.get(key),
    set: (key, value) => file.append({ key, value }),
    delete: (key) => file.append({ key }),
  };
}

/** The content of a line. Without a value, it deletes the key. */
interface Entry {
  readonly key: string;
  readonly value?: unknown;
}

/** A line to append, and the promise of whoever waits for it. */
interface Change {
  readonly bytes: Uint8Array;
  readonly entry: Entry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The bytes to read at once when the file is opened. */
const CHUNK = 256 * 1024;
const LINE_END = 10;
/** The first line of a store, by which its file is told from others. */
const HEADER = '{"replicate":"store of a batch","version":1}\n';

/** The file, and the position of each value in it. */
class StoreFile {
  readonly #path: string | URL;
  readonly #lock: FileLock;
  readonly #sync: boolean;
  /** The position and length of the line of each key, without its line feed. */
  readonly #lines = new Map<string, { at: number; length: number }>();
  #loaded: Promise<void> | undefined;
  #size = 0;
  #changes: Change[] = [];
  #writing = false;

  constructor(path: string | URL, sync: boolean) {
    this.#path = path;
    this.#lock = new FileLock(path);
    this.#sync = sync;
  }

  async get(key: string): Promise<unknown> {
    await this.#load();
    const line = this.#lines.get(key);
    if (!line) return undefined;
    return await this.#use("r", async (handle) => {
      const bytes = new Uint8Array(line.length);
      await handle.read(bytes, 0, line.length, line.at);
      return parse(bytes)?.value;
    });
  }

  async append(entry: Entry): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(entry)}\n`);
    await new Promise<void>((resolve, reject) => {
      this.#changes.push({ bytes, entry, resolve, reject });
      if (!this.#writing) this.#write();
    });
  }

  /** Writes all changes that have gathered, and those that gather meanwhile. */
  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#changes.length > 0) {
      const changes = this.#changes.splice(0);
      try {
        await this.#lock.hold(await this.#files());
        await this.#load();
        if (await this.#isChanged()) {
          this.#loaded = undefined;
          await this.#load();
        }
        await this.#use("a", (handle) => this.#append(handle, changes));
        for (const { resolve } of changes) resolve();
      } catch (error) {
        // It is not known how much of this is in the file: the next write reads it again.
        this.#loaded = undefined;
        for (const { reject } of changes) reject(error);
      }
    }
    this.#writing = false;
  }

  /** True if somebody else has written to the file, or deleted it: the positions are of no use then. */
  async #isChanged(): Promise<boolean> {
    const size = await this.#use("r", async (handle) => (await handle.stat()).size).catch(absent);
    return (size ?? 0) !== this.#size;
  }

  async #append(handle: FileHandle, changes: readonly Change[]): Promise<void> {
    const isNew = this.#size === 0;
    const parts = changes.map(({ bytes }) => bytes);
    await handle.appendFile(
      concatBytes(isNew ? [new TextEncoder().encode(HEADER), ...parts] : parts),
    );
    if (this.#sync) await handle.datasync();
    if (isNew) this.#size = HEADER.length;
    for (const { entry, bytes } of changes) this.#note(entry, bytes.length - 1);
  }

  /** Takes note of the next line of the file, which has so many bytes before its line feed. */
  #note(entry: Entry, length: number): void {
    if ("value" in entry) this.#lines.set(entry.key, { at: this.#size, length });
    else this.#lines.delete(entry.key);
    this.#size += length + 1;
  }

  #load(): Promise<void> {
    return this.#loaded ??= this.#read().catch((error) => {
      this.#loaded = undefined;
      throw error;
    });
  }

  async #read(): Promise<void> {
    this.#lines.clear();
    this.#size = 0;
    const handle = await (await this.#files()).open(this.#path, "r").catch(absent);
    if (!handle) return;
    try {
      await this.#readHeader(handle);
      if (this.#size === 0) return;
      // Before the end is looked at: another process may be in the middle of a line.
      await this.#lock.hold(await this.#files());
      if (!await this.#readLines(handle)) return;
    } finally {
      await handle.close();
    }
    // The write of a torn line never resolved, so nobody counts on it.
    await this.#use("r+", (handle) => handle.truncate(this.#size));
  }

  /** Makes sure that the file is a store, or empty. */
  async #readHeader(handle: FileHandle): Promise<void> {
    const start = new Uint8Array(HEADER.length);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    if (bytesRead === 0) return;
    if (start.some((byte, at) => byte !== HEADER.charCodeAt(at))) {
      throw new ReplicateError(
        `Cannot use ${this.#path}: it is not a file of fileStore(), and is left as it is`,
      );
    }
    this.#size = HEADER.length;
  }

  /** Takes note of every line, and returns whether a torn one follows. */
  async #readLines(handle: FileHandle): Promise<boolean> {
    // Not `DelimiterStream` of @std/streams: 50 MB of lines of 300 bytes take Node 0.82 s instead of
    // 0.29 s. `TextLineStream` hides the length of a line in bytes, and whether the last one is torn.
    const chunk = new Uint8Array(CHUNK);
    /** The parts of a line that is longer than a chunk: joined once, as else it would be copied each time. */
    let parts: Uint8Array[] = [];
    let position = this.#size;
    for (let number = 2;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK, position);
      if (bytesRead === 0) return parts.length > 0;
      position += bytesRead;
      const bytes = chunk.subarray(0, bytesRead);
      let start = 0;
      for (let end; (end = bytes.indexOf(LINE_END, start)) >= 0; start = end + 1) {
        const last = bytes.subarray(start, end);
        const line = parts.length > 0 ? concatBytes([...parts, last]) : last;
        const entry = parse(line);
        if (!entry) throw this.#unreadable(number);
        this.#note(entry, line.length);
        parts = [];
        number++;
      }
      if (start < bytesRead) parts.push(bytes.slice(start));
    }
  }

  #unreadable(number: number): ReplicateError {
    return new ReplicateError(`Cannot read ${this.#path}: line ${number} is not one of a batch`);
  }

  async #files(): Promise<FileSystem> {
    await loadModules();
    const files = fileSystem();
    if (files) return files;
    throw new ReplicateError(`Cannot use ${this.#path}: this runtime has no file system`);
  }

  async #use<T>(flags: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const handle = await (await this.#files()).open(this.#path, flags, 0o600);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  }
}

function absent(error: unknown): undefined {
  if ((error as { code?: unknown }).code === "ENOENT") return undefined;
  throw error;
}

function parse(bytes: Uint8Array): Entry | undefined {
  try {
    const entry: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const isEntry = typeof entry === "object" && entry !== null && "key" in entry;
    return isEntry ? entry as Entry : undefined;
  } catch {
    return undefined;
  }
}
