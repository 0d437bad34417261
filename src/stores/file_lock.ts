/** A lock that keeps two processes from writing to one file. */

import type { FileSystem } from "../base/file_system.ts";
import { isProcessAlive, processId, unlinkAtExit } from "../base/runtime.ts";
import { ReplicateError } from "../errors.ts";
import { beside, createLock, ignore, readHolder } from "./lock_file.ts";

/** The name of this process in its locks: process ids are used again, and each container has its own. */
let token: string | undefined;

/**
 * The lock of a file: a file beside it, with the name of the process that holds it.
 *
 * A lock whose process is gone is taken over. Where that cannot be told, as on Deno without
 * `--allow-run`, it is taken over too: as the lock is looked at before each write, the process that has
 * lost it stops there, so that two never write in turns.
 */
export class FileLock {
  readonly #path: string | URL;
  readonly #lockPath: string | URL;
  #isHeld = false;

  constructor(path: string | URL) {
    this.#path = path;
    this.#lockPath = beside(path, ".lock");
  }

  /**
   * Takes the lock, or makes sure that it is held still.
   *
   * @throws {ReplicateError} If another process holds it.
   */
  async hold(files: FileSystem): Promise<void> {
    token ??= crypto.randomUUID();
    const mine = `${processId() ?? 0} ${token}\n`;
    for (;;) {
      const found = await readHolder(files, this.#lockPath);
      if (found === mine) {
        this.#isHeld = true;
        return;
      }
      if (found !== undefined) {
        this.#checkStale(Number(found.split(" ")[0]));
        await files.unlink(this.#lockPath).catch(ignore("ENOENT"));
      }
      await createLock(files, this.#lockPath, mine);
      unlinkAtExit(this.#lockPath);
      // Somebody else may have been faster: the next turn sees whose it is.
    }
  }

  #checkStale(pid: number): void {
    if (this.#isHeld) {
      throw new ReplicateError(`Cannot use ${this.#path}: another process has taken it over`);
    }
    // A lock without an id is one whose process died while it wrote it.
    if (!pid || pid === processId() || isProcessAlive(pid) !== true) return;
    throw new ReplicateError(
      `Cannot use ${this.#path}: process ${pid} uses it; if that is not so, delete ${this.#lockPath}`,
    );
  }
}
