/** A store in memory. */

import type { BatchStore, CostStore } from "../batch/types.ts";

/**
 * Creates a store in memory, which does not outlive the process. It is meant for tests, and for a program
 * that stops a batch and resumes it later. A `costMeter` takes it as well.
 *
 * @example
 * ```ts
 * import { memoryStore } from "@x/replicate/stores";
 * import { assertEquals } from "@std/assert";
 *
 * const store = memoryStore();
 * await store.set("a", { n: 1 });
 * assertEquals(await store.get("a"), { n: 1 });
 * ```
 */
export function memoryStore(): BatchStore & CostStore {
  // Kept as text, so that a value read is a copy of the value written, as in every other store.
  const values = new Map<string, string>();
  const get = (key: string): unknown => {
    const text = values.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  };
  return {
    get,
    set: (key, value) => values.set(key, JSON.stringify(value)),
    update: (key, change) => values.set(key, JSON.stringify(change(get(key)))),
    delete: (key) => values.delete(key),
  };
}
