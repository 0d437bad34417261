/** A store of a meter's amounts in Deno KV. */

import type { CostStore } from "../batch/types.ts";

/** A change of Deno KV that is made as a whole, or not at all. */
export interface DenoKvAtomic {
  /** Makes the change depend on the version of a value. */
  check(entry: { key: string[]; versionstamp: string | null }): DenoKvAtomic;
  /** Sets a value. */
  set(key: string[], value: unknown): DenoKvAtomic;
  /** Makes the change; `ok` is `false` if a version was another one. */
  commit(): Promise<{ ok: boolean }>;
}

/** The methods of a Deno KV database, as `Deno.openKv()` returns it, that are used. */
export interface DenoKvCosts {
  /** Returns the value of a key, and its version. */
  get(key: string[]): Promise<{ value: unknown; versionstamp: string | null }>;
  /** Begins a change. */
  atomic(): DenoKvAtomic;
}

/**
 * Creates a store for a `costMeter` in Deno KV, which processes on any number of machines may share. A day
 * may have some hundred tags: Deno KV takes 64 KiB for the sums of a day.
 *
 * @param kv The database that `Deno.openKv()` returns.
 * @param prefix The first parts of all keys. Default `["costs"]`.
 *
 * @example
 * ```ts ignore
 * import { costMeter } from "@x/replicate";
 * import { denoKvCostStore } from "@x/replicate/stores";
 *
 * const store = denoKvCostStore(await Deno.openKv());
 * const meter = costMeter({ prices, budget: { perDay: 5 }, store });
 * ```
 */
export function denoKvCostStore(
  kv: DenoKvCosts,
  prefix: readonly string[] = ["costs"],
): CostStore {
  return {
    get: async (key) => (await kv.get([...prefix, key])).value,
    update: async (name, change) => {
      const key = [...prefix, name];
      for (;;) {
        const { value, versionstamp } = await kv.get(key);
        const next = change(value);
        if (next === value) return;
        const { ok } = await kv.atomic().check({ key, versionstamp }).set(key, next).commit();
        if (ok) return;
      }
    },
  };
}
