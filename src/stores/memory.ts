import type { BatchStore } from "../batch/types.ts";

/**
 * A store in memory. It does not survive the process: for tests, and for a batch that is stopped and
 * taken up again by the same program.
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
  // As text, so that what is taken out is not what was put in, as in every other store.
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
