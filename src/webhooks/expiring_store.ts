/** A store whose entries expire: the memory of a webhook handler and of a proxy. */

import { uptime } from "../base/clock.ts";

/**
 * A store whose entries expire. Handlers remember deliveries in it, and proxies the owners of runs.
 *
 * Processes that serve the same site need one that they share: `add` is `SET NX PX` in Redis, a
 * transaction in Deno KV, or a method of a Durable Object.
 */
export interface ExpiringStore {
  /**
   * Sets a value for `ttl` milliseconds unless there is one already, and returns whether it was set. Of
   * two calls at the same time, exactly one must get `true`.
   */
  add(key: string, value: string, ttl: number): boolean | Promise<boolean>;
  /** Returns the value of a key, if it has one that has not expired. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** Sets a value for `ttl` milliseconds, whether or not there was one. */
  set(key: string, value: string, ttl: number): unknown;
  /** Removes a value. */
  delete(key: string): unknown;
}

/**
 * An {@linkcode ExpiringStore} in the memory of one process. When it is full, the value that was set
 * the longest time ago makes room.
 *
 * @param options `max` is the number of values to keep, 20,000 by default, which take a few MB. A
 * delivery takes one value, and its job another.
 *
 * @throws {RangeError} If `max` is not at least 1.
 *
 * @example
 * ```ts
 * import { expiringStore } from "@x/replicate/webhooks";
 * import { assertEquals } from "@std/assert";
 *
 * const store = expiringStore({ max: 1000 });
 * assertEquals(store.add("msg_1", "", 60_000), true);
 * assertEquals(store.add("msg_1", "", 60_000), false);
 * ```
 */
export function expiringStore(options: { max?: number } = {}): ExpiringStore {
  const { max = 20_000 } = options;
  if (!(max >= 1)) throw new RangeError(`Cannot keep ${max} values: max must be at least 1`);
  const entries = new Map<string, { value: string; until: number }>();
  const get = (key: string): string | undefined => {
    const entry = entries.get(key);
    return entry && entry.until > uptime() ? entry.value : undefined;
  };
  const set = (key: string, value: string, ttl: number): void => {
    // A Map keeps the order of insertion: a value that is set again goes to its end.
    entries.delete(key);
    entries.set(key, { value, until: uptime() + ttl });
    for (const oldest of entries.keys()) {
      if (entries.size <= max) return;
      entries.delete(oldest);
    }
  };
  const add = (key: string, value: string, ttl: number): boolean => {
    if (get(key) !== undefined) return false;
    set(key, value, ttl);
    return true;
  };
  return { add, get, set, delete: (key) => entries.delete(key) };
}
