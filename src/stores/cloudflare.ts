/** Stores of Cloudflare: Durable Objects and Workers KV. */

import { delay } from "@std/async/delay";
import type { BatchStore } from "../batch/types.ts";

/** The methods of a Durable Object's storage, `ctx.storage`, that are used. */
export interface DurableObjectStorage {
  /** Returns the value of a key. */
  get(key: string): Promise<unknown>;
  /** Sets the value of a key. */
  put(key: string, value: unknown): Promise<void>;
  /** Removes a key. */
  delete(key: string): Promise<unknown>;
}

/**
 * Creates a store in the storage of a Durable Object. Prefer it on Cloudflare: an object is in one place,
 * so a write is visible at once. A value may have 2 MB, or 128 KiB in an object without SQLite.
 *
 * @param storage The object's `ctx.storage`.
 * @param prefix The prefix of all keys. Give each batch its own. Default `"batch/"`.
 *
 * @example
 * ```ts
 * import { durableObjectStore } from "@x/replicate/stores";
 * import { assertEquals } from "@std/assert";
 *
 * // In a Durable Object: const store = durableObjectStore(this.ctx.storage);
 * const values = new Map<string, unknown>();
 * const store = durableObjectStore({
 *   get: async (key) => values.get(key),
 *   put: async (key, value) => void values.set(key, value),
 *   delete: async (key) => values.delete(key),
 * });
 * await store.set("a", { n: 1 });
 * assertEquals(await store.get("a"), { n: 1 });
 * ```
 */
export function durableObjectStore(storage: DurableObjectStorage, prefix = "batch/"): BatchStore {
  return {
    get: (key) => storage.get(prefix + key),
    set: (key, value) => storage.put(prefix + key, value),
    delete: (key) => storage.delete(prefix + key),
  };
}

/** The methods of a Workers KV namespace that are used. */
export interface CloudflareKv {
  /** Returns the text of a key. */
  get(key: string): Promise<string | null>;
  /** Sets the text of a key. */
  put(key: string, value: string): Promise<void>;
  /** Removes a key. */
  delete(key: string): Promise<void>;
}

/** The time within which KV refuses a second write of the same key, in milliseconds. */
const WRITE_EVERY = 1000;

/**
 * Creates a store in Workers KV. A read may return the previous value for a minute or more after a write,
 * so wait that long before you start a batch again, or it may create a prediction twice.
 * {@linkcode durableObjectStore} has no such gap.
 *
 * Writes of the same key are kept a second apart, as KV takes no more.
 *
 * @param kv The binding of a namespace.
 * @param prefix The prefix of all keys. Give each batch its own. Default `"batch/"`.
 *
 * @example
 * ```ts
 * import { cloudflareKvStore } from "@x/replicate/stores";
 * import { assertEquals } from "@std/assert";
 *
 * // In a Worker: const store = cloudflareKvStore(env.BATCHES, "covers/");
 * const texts = new Map<string, string>();
 * const store = cloudflareKvStore({
 *   get: async (key) => texts.get(key) ?? null,
 *   put: async (key, value) => void texts.set(key, value),
 *   delete: async (key) => void texts.delete(key),
 * });
 * await store.set("a", { n: 1 });
 * assertEquals(await store.get("a"), { n: 1 });
 * ```
 */
export function cloudflareKvStore(kv: CloudflareKv, prefix = "batch/"): BatchStore {
  const writtenAt = new Map<string, number>();
  const write = async (key: string, work: () => Promise<void>): Promise<void> => {
    const wait = (writtenAt.get(key) ?? 0) + WRITE_EVERY - Date.now();
    if (wait > 0) await delay(wait);
    await work();
    const now = Date.now();
    writtenAt.delete(key);
    writtenAt.set(key, now);
    // A Map keeps the order of insertion: the oldest writes come first.
    for (const [key, at] of writtenAt) {
      if (at + WRITE_EVERY > now) break;
      writtenAt.delete(key);
    }
  };
  return {
    async get(key): Promise<unknown> {
      const text = await kv.get(prefix + key);
      return text === null ? undefined : JSON.parse(text);
    },
    set: (key, value) => write(key, () => kv.put(prefix + key, JSON.stringify(value))),
    delete: (key) => write(key, () => kv.delete(prefix + key)),
  };
}
