/** The versions of the allowed models: listed, so that a forged one does not cost a look-up in each. */

import { uptime } from "../base/clock.ts";
import { path } from "../base/path.ts";
import { isMissing } from "../resources/missing.ts";
import type { ServeClient } from "./types.ts";
import { readApi } from "./upstream.ts";

/** The shortest time between two listings, in milliseconds. */
const PAUSE = 10_000;
/** The greatest number of pages to read of one model. */
const PAGES = 100;

/** Knows which of some models a version belongs to. */
export class VersionIndex {
  readonly #client: ServeClient;
  readonly #models: readonly string[];
  readonly #modelOf = new Map<string, string>();
  #nextAt = 0;
  #listing: Promise<void> | undefined;

  constructor(client: ServeClient, models: readonly string[]) {
    this.#client = client;
    this.#models = models;
  }

  /**
   * Returns the name of the model that a version belongs to, or `undefined` if it is none of these. For a
   * version that is not known it lists the models again, at most every 10 s, however many ask.
   */
  async modelOf(version: string): Promise<string | undefined> {
    const known = this.#modelOf.get(version);
    if (known !== undefined) return known;
    if (uptime() >= this.#nextAt) {
      this.#listing ??= this.#list().finally(() => this.#listing = undefined);
    }
    // Everybody who asks meanwhile shares one listing.
    await this.#listing;
    return this.#modelOf.get(version);
  }

  async #list(): Promise<void> {
    await Promise.all(this.#models.map((name) => this.#listModel(name)));
    this.#nextAt = uptime() + PAUSE;
  }

  async #listModel(name: string): Promise<void> {
    const [owner = "", model = ""] = name.split("/");
    const list = path`/models/${owner}/${model}/versions`;
    let query = "";
    try {
      for (let pages = 0; pages < PAGES; pages++) {
        const page: { results: { id: string }[]; next?: string | null } =
          await (await readApi(this.#client, list + query)).json();
        const fresh = page.results.filter(({ id }) => !this.#modelOf.has(id));
        for (const { id } of fresh) this.#modelOf.set(id, name);
        // Newest first: from a version on that is known, all are.
        if (fresh.length < page.results.length || !page.next) return;
        query = new URL(page.next, "http://x").search;
      }
    } catch (error) {
      // An official model has no list of versions.
      if (!isMissing(error)) throw error;
    }
  }
}
