/** A lock that several processes take in turns, each for the moment of one change. */

import { delay } from "@std/async/delay";
import { uptime } from "../base/clock.ts";
import type { FileSystem } from "../base/file_system.ts";
import { ReplicateError } from "../errors.ts";
import { beside, createLock, ignore, readHolder } from "./lock_file.ts";

/** A lock is held for milliseconds: one that stays for so many has lost its process. */
const STALE = 5000;
/** The longest wait for a turn, in milliseconds. */
const PATIENCE = 60_000;
/** The shortest and the longest wait between two tries, in milliseconds. */
const TRY = { least: 2, most: 40 };

/** The leave to go on: `false` if another process has taken the lock meanwhile. */
export type StillHeld = () => Promise<boolean>;

/** A lock in a file of its own, which is there while it is held. */
export class ShortLock {
  readonly #path: string | URL;
  readonly #of: string;
  /** The name of this holder: ids of processes are the same in two containers. */
  readonly #name = `${crypto.randomUUID()}\n`;

  /** `of` is the file that it is for, for messages. */
  constructor(path: string | URL, of: string) {
    this.#path = path;
    this.#of = of;
  }

  /**
   * Runs `work` while the lock is held. Before it makes its change, it asks whether the lock still is.
   *
   * @throws {ReplicateError} If it is not its turn within a minute.
   */
  async during<T>(files: FileSystem, work: (stillHeld: StillHeld) => Promise<T>): Promise<T> {
    await this.#take(files);
    const stillHeld = async (): Promise<boolean> =>
      await readHolder(files, this.#path) === this.#name;
    try {
      return await work(stillHeld);
    } finally {
      if (await stillHeld()) await files.unlink(this.#path).catch(ignore("ENOENT"));
    }
  }

  async #take(files: FileSystem): Promise<void> {
    const began = uptime();
    let seen: { name: string | undefined; since: number } | undefined;
    for (let wait = TRY.least;; wait = Math.min(wait * 2, TRY.most)) {
      if (await createLock(files, this.#path, this.#name)) return;
      const name = await readHolder(files, this.#path);
      if (!seen || name !== seen.name) seen = { name, since: uptime() };
      if (name !== undefined && uptime() - seen.since > STALE) await this.#breakOpen(files, name);
      if (uptime() - began > PATIENCE) {
        throw new ReplicateError(
          `Cannot use ${this.#of}: other processes hold ${this.#path} all the time`,
        );
      }
      // Of a random length, so that those who wait do not meet again.
      await delay(wait * (0.5 + Math.random()));
    }
  }

  /** Takes the lock of a process that is gone away: of two who try, one gets it. */
  async #breakOpen(files: FileSystem, name: string): Promise<void> {
    const to = beside(this.#path, `.${this.#name.trim()}`);
    try {
      await files.rename(this.#path, to);
    } catch (error) {
      return ignore("ENOENT")(error);
    }
    const isStale = await readHolder(files, to) === name;
    await files.unlink(to);
    // It was the lock of somebody faster, who finds it gone, and tries again: not side by side with us.
    if (!isStale) await delay(1000);
  }
}
