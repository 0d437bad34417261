/**
 * Schemas on the disk, so that a loop in a shell does not ask for the same one at each turn.
 *
 * Only those of official models and of versions are kept: they are run by the name that was given, while
 * another model has to be asked for its latest version anyway.
 *
 * @module
 */

import { parsed } from "../base/text.ts";
import { isRecord } from "../base/record.ts";
import type { ModelShape } from "../schema/shape.ts";
import { cacheFolder } from "./config.ts";
import type { Io } from "./io.ts";

/** The milliseconds for which a schema is good: an official model can get another one at any time. */
const FRESH = 10 * 60_000;

/** The schemas that were asked for of late. */
export class SchemaCache {
  readonly #io: Io;
  readonly #folder: string | undefined;

  /** Reads nothing yet. A fake, and an API behind another address, have models of their own. */
  constructor(io: Io, isOffline: boolean) {
    this.#io = io;
    this.#folder = isOffline || io.env.REPLICATE_BASE_URL ? undefined : cacheFolder(io);
  }

  /** The schema of a model, by the name that it is run by. */
  async read(name: string): Promise<ModelShape | undefined> {
    const path = this.#path(name);
    if (path === undefined) return undefined;
    const disk = await this.#io.disk();
    const entry = parsed(await disk.readFile(path, "utf8").catch(() => ""));
    if (!isRecord(entry) || typeof entry.at !== "number" || !isRecord(entry.shape)) {
      return undefined;
    }
    const age = this.#io.now() - entry.at;
    const isFresh = age >= 0 && age < FRESH && isRecord(entry.shape.input);
    return isFresh ? entry.shape as unknown as ModelShape : undefined;
  }

  /** Keeps a schema. A disk that is full, or cannot be written, only costs the next request. */
  async write(name: string, shape: ModelShape): Promise<void> {
    const path = this.#path(name);
    if (path === undefined || this.#folder === undefined) return;
    const disk = await this.#io.disk();
    const text = JSON.stringify({ at: this.#io.now(), shape });
    try {
      await disk.mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const fresh = `${path}.${crypto.randomUUID()}`;
      await disk.writeFile(fresh, text, { mode: 0o600, flag: "wx" });
      await disk.rename(fresh, path);
    } catch { /* it is asked for again */ }
  }

  #path(name: string): string | undefined {
    return this.#folder && `${this.#folder}/${encodeURIComponent(name)}.json`;
  }
}
