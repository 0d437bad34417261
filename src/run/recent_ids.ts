/** The latest of many ids, such as those of the events of a stream that runs for hours. */

/** The number of ids that are kept at least. */
const KEPT = 10_000;

/** A set of ids that does not grow: the oldest ones are forgotten. */
export class RecentIds {
  #young = new Set<string>();
  #old = new Set<string>();

  /** Tells whether an id is there. */
  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }

  /** Adds an id. Returns `false` if it is there already. */
  add(id: string): boolean {
    if (this.has(id)) return false;
    if (this.#young.size >= KEPT) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(id);
    return true;
  }
}
