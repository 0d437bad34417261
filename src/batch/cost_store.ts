/** The store of a meter that is not shared: in memory. */

import type { CostStore } from "./types.ts";

/** The number of ids of counted jobs that are kept, so that the memory of a server does not grow for ever. */
const IDS = 100_000;

/** Tells the keys of counted jobs, of which there is one for each. */
export const JOB_KEY = "cost job ";

/** Makes a store that lasts as long as its meter. */
export function localStore(): CostStore {
  const values = new Map<string, unknown>();
  let ids: string[] = [];
  return {
    get: (key) => values.get(key),
    update: (key, change) => {
      const value = change(values.get(key));
      if (key.startsWith(JOB_KEY) && !values.has(key)) ids.push(key);
      values.set(key, value);
      if (ids.length < 2 * IDS) return;
      for (const old of ids.slice(0, IDS)) values.delete(old);
      ids = ids.slice(IDS);
    },
  };
}

/**
 * Checks a store.
 *
 * @throws {TypeError} If it cannot keep a budget.
 */
export function checkStore(store: CostStore): void {
  const { get, update } = (store ?? {}) as Partial<CostStore>;
  if (typeof get === "function" && typeof update === "function") return;
  throw new TypeError(
    "Cannot use this as the store of a meter: it needs get and update, as fileCostStore() of " +
      '"@x/replicate/stores" has them',
  );
}
