/**
 * Where a handler keeps what it has seen. With several processes, give it one that they share: `add` is
 * `SET NX PX` in Redis, a transaction in Deno KV, a method of a Durable Object.
 */
export interface WebhookStore {
  /**
   * Sets a value for `ttl` milliseconds, unless there is one. Whether it was set: of two that ask at
   * once, one must get `true`.
   */
  add(key: string, value: string, ttl: number): boolean | Promise<boolean>;
  /** The value, if there is one. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** Sets a value for `ttl` milliseconds. */
  set(key: string, value: string, ttl: number): unknown;
  /** Forgets a value. */
  delete(key: string): unknown;
}

/**
 * A store in memory, for one process. What was not set anew for the longest time is forgotten first.
 *
 * @param options `max`: how many values it keeps. Default 20,000, a few MB; a delivery takes two, less
 * what it shares with others of its job.
 *
 * @throws {RangeError} If `max` is not at least 1.
 *
 * @example
 * ```ts
 * import { memoryStore } from "@x/replicate/webhooks";
 * import { assertEquals } from "@std/assert";
 *
 * const store = memoryStore({ max: 1000 });
 * assertEquals(store.add("msg_1", "", 60_000), true);
 * assertEquals(store.add("msg_1", "", 60_000), false);
 * ```
 */
export function memoryStore(options: { max?: number } = {}): WebhookStore {
  const { max = 20_000 } = options;
  if (!(max >= 1)) throw new RangeError(`Cannot keep ${max} webhooks: max must be at least 1`);
  const entries = new Map<string, { value: string; until: number }>();
  const get = (key: string): string | undefined => {
    const entry = entries.get(key);
    return entry && entry.until > Date.now() ? entry.value : undefined;
  };
  const set = (key: string, value: string, ttl: number): void => {
    // A Map keeps the order of insertion: what is set anew goes to its end.
    entries.delete(key);
    entries.set(key, { value, until: Date.now() + ttl });
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
