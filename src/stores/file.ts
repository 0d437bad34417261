import { ReplicateError } from "../errors.ts";
import type { BatchStore } from "../batch/types.ts";
import { type FileHandle, fileSystem } from "../base/runtime.ts";

/** What `fileStore` takes. */
export interface FileStoreOptions {
  /**
   * Whether each write is on the disk before it counts, so that it survives a crash of the machine too,
   * not of the process only. Default `true`; writes at the same time share one.
   */
  sync?: boolean | undefined;
}

/**
 * A store in a file, to which it only ever appends: a line of JSON for each change. A last line that
 * was torn by a crash is cut off. In memory it has the keys, and the places of their values.
 *
 * For Deno, Node and Bun. One process at a time may use the file, which grows until it is deleted.
 *
 * @param path Where the file is. It is made when something is to be kept.
 *
 * @example
 * ```ts
 * import { fileStore } from "@x/replicate/stores";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/batch.jsonl`;
 * await fileStore(path).set("a", { n: 1 });
 * assertEquals(await fileStore(path).get("a"), { n: 1 });
 * assertEquals(await Deno.readTextFile(path), '{"key":"a","value":{"n":1}}\n');
 * ```
 */
export function fileStore(path: string | URL, options: FileStoreOptions = {}): BatchStore {
  const file = new StoreFile(path, options.sync ?? true);
  return {
    get: (key) => file.get(key),
    set: (key, value) => file.append({ key, value }),
    delete: (key) => file.append({ key }),
  };
}

/** A line of the file; without a value the key is deleted. */
interface Line {
  readonly key: string;
  readonly value?: unknown;
}

interface Change {
  readonly bytes: Uint8Array;
  readonly line: Line;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** How much is read at once when the file is opened. */
const CHUNK = 256 * 1024;
const LINE_END = 10;

class StoreFile {
  readonly #path: string | URL;
  readonly #sync: boolean;
  /** Where the line of each key is, without its end. */
  readonly #places = new Map<string, { at: number; length: number }>();
  #loaded: Promise<void> | undefined;
  #size = 0;
  #changes: Change[] = [];
  #writing = false;

  constructor(path: string | URL, sync: boolean) {
    this.#path = path;
    this.#sync = sync;
  }

  async get(key: string): Promise<unknown> {
    await this.#load();
    const place = this.#places.get(key);
    if (!place) return undefined;
    return await this.#use("r", async (handle) => {
      const bytes = new Uint8Array(place.length);
      await handle.read(bytes, 0, place.length, place.at);
      return parse(bytes)?.value;
    });
  }

  async append(line: Line): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    await new Promise<void>((done, failed) => {
      this.#changes.push({ bytes, line, done, failed });
      if (!this.#writing) this.#write();
    });
  }

  /** Writes what has come together meanwhile, until there is no more. */
  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#changes.length > 0) {
      const changes = this.#changes.splice(0);
      try {
        await this.#load();
        await this.#use("a", (handle) => this.#append(handle, changes));
        for (const { done } of changes) done();
      } catch (error) {
        // How much of it is in the file is not known: the next one looks.
        this.#loaded = undefined;
        for (const { failed } of changes) failed(error);
      }
    }
    this.#writing = false;
  }

  async #append(handle: FileHandle, changes: readonly Change[]): Promise<void> {
    const bytes = new Uint8Array(changes.reduce((sum, { bytes }) => sum + bytes.length, 0));
    let length = 0;
    for (const change of changes) {
      bytes.set(change.bytes, length);
      length += change.bytes.length;
    }
    await handle.appendFile(bytes);
    if (this.#sync) await handle.datasync();
    for (const { line, bytes } of changes) this.#note(line, bytes.length - 1);
  }

  /** The next line of the file, without its end, has so many bytes. */
  #note(line: Line, length: number): void {
    if ("value" in line) this.#places.set(line.key, { at: this.#size, length });
    else this.#places.delete(line.key);
    this.#size += length + 1;
  }

  #load(): Promise<void> {
    return this.#loaded ??= this.#read().catch((error) => {
      this.#loaded = undefined;
      throw error;
    });
  }

  async #read(): Promise<void> {
    this.#places.clear();
    this.#size = 0;
    const isTorn = await this.#use("r", (handle) => this.#readLines(handle)).catch((error) => {
      if ((error as { code?: unknown }).code === "ENOENT") return false;
      throw error;
    });
    // What is torn was never said to be kept.
    if (isTorn) await this.#use("r+", (handle) => handle.truncate(this.#size));
  }

  /** Notes every line. Returns whether there is something after the last one. */
  async #readLines(handle: FileHandle): Promise<boolean> {
    const chunk = new Uint8Array(CHUNK);
    let rest = new Uint8Array();
    let position = 0;
    for (let number = 1;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK, position);
      if (bytesRead === 0) return rest.length > 0;
      position += bytesRead;
      const bytes = new Uint8Array(rest.length + bytesRead);
      bytes.set(rest);
      bytes.set(chunk.subarray(0, bytesRead), rest.length);
      let start = 0;
      for (let end; (end = bytes.indexOf(LINE_END, start)) >= 0; start = end + 1) {
        const line = parse(bytes.subarray(start, end));
        if (!line) throw this.#unreadable(number);
        this.#note(line, end - start);
        number++;
      }
      rest = bytes.slice(start);
    }
  }

  #unreadable(number: number): ReplicateError {
    return new ReplicateError(`Cannot read ${this.#path}: line ${number} is not from a batch`);
  }

  async #use<T>(flags: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const files = fileSystem();
    if (!files) {
      throw new ReplicateError(`Cannot use ${this.#path}: this runtime has no file system`);
    }
    const handle = await files.open(this.#path, flags);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  }
}

function parse(bytes: Uint8Array): Line | undefined {
  try {
    const line: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const isLine = typeof line === "object" && line !== null && "key" in line;
    return isLine ? line as Line : undefined;
  } catch {
    return undefined;
  }
}
