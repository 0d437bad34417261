/** Virtual time with counts of the timers, and servers that let in a limited number of requests. */

import type { Limiter } from "../../src/http/limiter.ts";
import type { Bucket } from "../../src/http/options.ts";
import type { Answer } from "../../src/http/types.ts";
import { withFakeTime } from "../../src/testing/mod.ts";

/** The clock of {@linkcode inVirtualTime}. */
export interface World {
  /** The virtual milliseconds since the start. */
  readonly elapsed: number;
  /** The number of timers that wait right now, without those of `sleep`. */
  readonly timers: number;
  /** The largest number of timers that ever waited at once. */
  readonly mostTimers: number;
  /** The number of timers that were ever set. */
  readonly timersSet: number;
  sleep(ms: number): Promise<void>;
  /** Sets the system's clock, and no other, so many milliseconds off. */
  setDate(offset: number): void;
}

/** Runs a function in virtual time, and counts the timers that are set with `setTimeout`. */
export function inVirtualTime<T>(run: (world: World) => Promise<T>): Promise<T> {
  return withFakeTime(async (time) => {
    const { setTimeout } = globalThis;
    let sleeping = 0;
    let timersSet = 0;
    let mostTimers = 0;
    const world: World = {
      get elapsed() {
        return time.elapsed();
      },
      get timers() {
        return time.timers - sleeping;
      },
      get mostTimers() {
        return mostTimers;
      },
      get timersSet() {
        return timersSet;
      },
      async sleep(ms) {
        sleeping++;
        await time.tick(ms);
        sleeping--;
      },
      setDate(offset) {
        globalThis.Date = new Proxy(Date, {
          get: (target, key) =>
            key === "now" ? () => target.now() + offset : Reflect.get(target, key),
        });
      },
    };
    const counting = (callback: () => void, ms?: number): ReturnType<typeof setTimeout> => {
      const id = setTimeout(callback, ms);
      timersSet++;
      mostTimers = Math.max(mostTimers, world.timers);
      return id;
    };
    globalThis.setTimeout = counting as typeof setTimeout;
    return await run(world);
  });
}

/** Numbers from 0 to 1 that are the same for the same seed. */
export function random(seed: number): () => number {
  return () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

/** The rate limit of a simulated server. */
export interface ServerOptions {
  perMinute: number;
  burst: number;
  /** `live`: `ratelimit-reset` is always 1, as Replicate sends it; `exact`: the time of the next token. */
  headers?: "live" | "exact";
  /** A wrong `ratelimit-remaining`, sent in place of the right one. */
  claims?: number;
  /** A fixed `retry_after` in seconds; null for none. */
  retryAfter?: number | null;
  /** The time of both ways together, in milliseconds. */
  latency?: () => number;
  /** The time that an admitted request is held open, as with `Prefer: wait`, in milliseconds. */
  hold?: number;
}

/** A server with a token bucket. */
export class Server {
  admitted = 0;
  refused = 0;
  /** The time of the last admission, in milliseconds since the start. */
  last = 0;
  readonly #world: World;
  readonly #options: ServerOptions;
  #tokens: number;
  #at = 0;

  constructor(world: World, options: ServerOptions) {
    this.#world = world;
    this.#options = options;
    this.#tokens = options.burst;
  }

  /** The shortest time in which `count` requests can be admitted, in milliseconds. */
  ideal(count: number): number {
    return Math.max(0, count - this.#options.burst) * 60_000 / this.#options.perMinute;
  }

  async fetch(): Promise<Answer> {
    const { perMinute, burst, headers, claims, retryAfter, latency, hold = 0 } = this.#options;
    const way = (latency?.() ?? 0) / 2;
    await this.#world.sleep(way);
    const { elapsed } = this.#world;
    const rate = perMinute / 60_000;
    this.#tokens = Math.min(burst, this.#tokens + (elapsed - this.#at) * rate);
    this.#at = elapsed;
    const isAdmitted = this.#tokens > 1 - 1e-6;
    const lines = new Headers();
    if (isAdmitted) {
      this.#tokens--;
      this.admitted++;
      this.last = elapsed;
    } else {
      this.refused++;
    }
    const seconds = Math.max(1, Math.ceil((1 - this.#tokens) / rate / 1000 - 1e-6));
    if (isAdmitted && headers) {
      lines.set("ratelimit-remaining", String(claims ?? Math.floor(this.#tokens + 1e-6)));
      lines.set("ratelimit-reset", String(headers === "live" ? 1 : seconds));
    }
    await this.#world.sleep(way + (isAdmitted ? hold : 0));
    const wait = retryAfter === null ? undefined : (retryAfter ?? seconds) * 1000;
    return {
      status: isAdmitted ? 200 : 429,
      headers: lines,
      retryAfter: isAdmitted ? undefined : wait,
    };
  }
}

/** Makes one call with the default retries. Gives the number of its requests, or 5 if it failed. */
export async function call(
  world: World,
  limiter: Limiter,
  fetch: () => Promise<Answer>,
  bucket: Bucket = "create",
): Promise<number> {
  for (let attempt = 1; attempt <= 4; attempt++) {
    const turn = await limiter.acquire(bucket, { spare: 4 - attempt });
    let answer: Answer;
    try {
      answer = await fetch();
      limiter.observe(turn, answer);
    } finally {
      limiter.release(turn);
    }
    if (answer.status === 200) return attempt;
    if (attempt < 4) await world.sleep(answer.retryAfter ?? 375 * 2 ** attempt);
  }
  return 5;
}
