/** A store in Deno KV. */

import type { BatchStore } from "../batch/types.ts";

/** The methods of a Deno KV database, as `Deno.openKv()` returns it, that are used. */
export interface DenoKv {
  /** Returns the value of a key. */
  get(key: string[]): Promise<{ value: unknown }>;
  /** Sets the value of a key. */
  set(key: string[], value: unknown): Promise<unknown>;
  /** Removes a key. */
  delete(key: string[]): Promise<unknown>;
}

/** The characters that fit into one value. Deno KV takes 64 KiB, and a character may need two bytes. */
const PART = 30_000;

/**
 * Creates a store in Deno KV. A value of more than 64 KiB, which KV does not take, is split into parts.
 *
 * @param kv The database that `Deno.openKv()` returns.
 * @param prefix The first parts of all keys. Give each batch its own. Default `["batch"]`.
 *
 * @example
 * ```ts ignore
 * import { Client } from "@x/replicate";
 * import { denoKvStore } from "@x/replicate/stores";
 *
 * const store = denoKvStore(await Deno.openKv(), ["covers", "2026-01"]);
 * for await (const result of new Client().batch("acme/painter", inputs, { store })) save(result);
 * ```
 */
export function denoKvStore(kv: DenoKv, prefix: readonly string[] = ["batch"]): BatchStore {
  const keyOf = (...parts: string[]): string[] => [...prefix, ...parts];
  return {
    async get(key): Promise<unknown> {
      const { value } = await kv.get(keyOf(key));
      if (typeof value === "string") return JSON.parse(value);
      if (typeof value !== "number") return undefined;
      const numbers = Array.from({ length: value }, (_, number) => String(number));
      const parts = await Promise.all(numbers.map((number) => kv.get(keyOf(key, number))));
      return JSON.parse(parts.map(({ value }) => value).join(""));
    },
    async set(key, value): Promise<void> {
      const text = JSON.stringify(value);
      if (text.length <= PART) return void await kv.set(keyOf(key), text);
      const count = Math.ceil(text.length / PART);
      for (let number = 0; number < count; number++) {
        const part = text.slice(number * PART, (number + 1) * PART);
        await kv.set(keyOf(key, String(number)), part);
      }
      // Written last, so that the parts it counts are there.
      await kv.set(keyOf(key), count);
    },
    async delete(key): Promise<void> {
      const { value } = await kv.get(keyOf(key));
      await kv.delete(keyOf(key));
      for (let number = 0; typeof value === "number" && number < value; number++) {
        await kv.delete(keyOf(key, String(number)));
      }
    },
  };
}
