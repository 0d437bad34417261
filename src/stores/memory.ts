/** A store in memory. */

import type { BatchStore } from "../batch/types.ts";

/**
 * Creates a store in memory, which does not outlive the process. It is meant for tests, and for a program
 * that stops a batch and resumes it later.
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
export function memoryStore(): BatchStore {
  // Kept as text, so that a value read is a copy of the value written, as in every other store.
  const values = new Map<string, string>();
  return {
    get: (key) => {
      const text = values.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    set: (key, value) => values.set(key, JSON.stringify(value)),
    delete: (key) => values.delete(key),
  };
}
