/** A store of a meter's amounts in a file, for several processes of one machine. */

import { turns } from "../base/async.ts";
import { checkKeys } from "../base/check.ts";
import { type FileSystem, fileSystem } from "../base/file_system.ts";
import { loadModules } from "../base/runtime.ts";
import { parsed } from "../base/text.ts";
import type { CostStore } from "../batch/types.ts";
import { ReplicateError } from "../errors.ts";
import { beside, ignore } from "./lock_file.ts";
import { ShortLock, type StillHeld } from "./short_lock.ts";

/** The options of {@linkcode fileCostStore}. */
export interface FileCostStoreOptions {
  /**
   * Waits until each change is on the disk, so that it survives a crash of the machine, and not only of the
   * process. Default `false`.
   */
  sync?: boolean | undefined;
}

/**
 * Creates a store for a `costMeter` in a file, which several processes of one machine may use at once: each
 * change takes a lock, `<path>.lock`, for the moment. A file on a network drive is not safe for that.
 *
 * It works on Deno, Node and Bun. A file that is no such store is refused, and left as it is. One that this
 * creates is readable by its owner only.
 *
 * @param path The path of the file, which is created by the first change.
 *
 * @example
 * ```ts
 * import { costMeter } from "@x/replicate";
 * import { fileCostStore } from "@x/replicate/stores";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/costs.json`;
 * const prices = { models: { "acme/painter": { perRun: 0.04 } } };
 * const worker = () => costMeter({ prices, budget: { total: 0.05 }, store: fileCostStore(path) });
 *
 * await worker().reserve({ ref: "acme/painter" });
 * const other = await worker().reserve({ ref: "acme/painter" }).catch((error) => error.name);
 * assertEquals(other, "BudgetExceededError");
 * ```
 */
export function fileCostStore(path: string | URL, options: FileCostStoreOptions = {}): CostStore {
  checkKeys(options, ["sync"], "keep amounts in a file");
  const file = new CostFile(path, options.sync ?? false);
  return {
    get: async (key) => (await file.read())[key],
    update: (key, change) => file.update(key, change),
  };
}

type Values = Record<string, unknown>;

/** A change that waits for its turn, and the promise of whoever asked for it. */
interface Change {
  readonly key: string;
  readonly change: (value: unknown) => unknown;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The mark by which such a file is told from others. */
const MARK = "amounts of a meter";
/** The keys of jobs that were counted, and the number of them that the file keeps, as it is written whole. */
const JOBS = /^cost job /;
const KEPT = 10_000;

class CostFile {
  readonly #path: string | URL;
  readonly #sync: boolean;
  readonly #lock: ShortLock;
  readonly #inTurn = turns();
  /** The ending of a file that is to replace the one that is there: no two processes write into one. */
  readonly #ending = `.${crypto.randomUUID().slice(0, 8)}`;
  #changes: Change[] = [];

  constructor(path: string | URL, sync: boolean) {
    this.#path = path;
    this.#sync = sync;
    this.#lock = new ShortLock(beside(path, ".lock"), String(path));
  }

  /** All values as they are now. A file is replaced as a whole, so that it is never read half written. */
  async read(): Promise<Values> {
    const files = await this.#files();
    const text = await readText(files, this.#path);
    if (text === undefined || text === "") return {};
    const { replicate, values } = (parsed(text) ?? {}) as { replicate?: unknown; values?: Values };
    if (replicate === MARK && typeof values === "object" && values !== null) return values;
    throw new ReplicateError(
      `Cannot use ${this.#path}: it is not a file of fileCostStore(), and is left as it is`,
    );
  }

  /** Changes a value. Changes that come together share one lock and one write. */
  update(key: string, change: (value: unknown) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#changes.push({ key, change, resolve, reject });
      this.#inTurn(() => this.#write());
    });
  }

  async #write(): Promise<void> {
    const changes = this.#changes.splice(0);
    if (changes.length === 0) return;
    try {
      const files = await this.#files();
      const answer = await this.#applied(files, changes);
      answer();
    } catch (error) {
      for (const { reject } of changes) reject(error);
    }
  }

  /** Applies changes that came together: anew where the lock was lost meanwhile. */
  async #applied(files: FileSystem, changes: readonly Change[]): Promise<() => void> {
    for (;;) {
      const answer = await this.#lock.during(files, (held) => this.#apply(files, changes, held));
      if (answer) return answer;
    }
  }

  /** Applies changes once, and returns the answer to those who asked for them. */
  async #apply(
    files: FileSystem,
    changes: readonly Change[],
    stillHeld: StillHeld,
  ): Promise<(() => void) | undefined> {
    const values = await this.read();
    const answers: (() => void)[] = [];
    let isNew = false;
    for (const { key, change, resolve, reject } of changes) {
      try {
        const before = values[key];
        const after = change(before);
        isNew ||= after !== before;
        values[key] = after;
        answers.push(resolve);
      } catch (error) {
        answers.push(() => reject(error));
      }
    }
    if (isNew) {
      const draft = await this.#draft(files, values);
      if (!await stillHeld()) return undefined;
      await files.rename(draft, this.#path);
    }
    return () => answers.forEach((answer) => answer());
  }

  async #draft(files: FileSystem, values: Values): Promise<string | URL> {
    const jobs = Object.keys(values).filter((key) => JOBS.test(key));
    for (const old of jobs.slice(0, Math.max(0, jobs.length - KEPT))) delete values[old];
    const text = JSON.stringify({ replicate: MARK, version: 1, values });
    const draft = beside(this.#path, this.#ending);
    const handle = await files.open(draft, "w", 0o600);
    try {
      await handle.appendFile(new TextEncoder().encode(`${text}\n`));
      if (this.#sync) await handle.sync();
    } finally {
      await handle.close();
    }
    return draft;
  }

  async #files(): Promise<FileSystem> {
    await loadModules();
    const files = fileSystem();
    if (files) return files;
    throw new ReplicateError(`Cannot use ${this.#path}: this runtime has no file system`);
  }
}

async function readText(files: FileSystem, path: string | URL): Promise<string | undefined> {
  const handle = await files.open(path, "r").catch(ignore("ENOENT"));
  if (!handle) return undefined;
  try {
    const bytes = new Uint8Array((await handle.stat()).size);
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return new TextDecoder().decode(bytes);
  } finally {
    await handle.close();
  }
}
