/** Virtual time that is fast enough for thousands of steps, and servers that admit so many requests. */

import type { Limiter } from "../../src/http/limiter.ts";
import type { Bucket } from "../../src/http/options.ts";
import type { Answer } from "../../src/http/types.ts";

/** The hands of the clock inside {@linkcode inVirtualTime}. */
export interface World {
  /** Milliseconds since the start. */
  readonly elapsed: number;
  /** Timers that are set right now, those of `sleep` left out, and the most there ever were. */
  readonly timers: number;
  readonly mostTimers: number;
  /** How many were set. */
  readonly timersSet: number;
  sleep(ms: number): Promise<void>;
}

interface Timer {
  at: number;
  id: number;
  fire: () => void;
  isOurs: boolean;
}

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Turns of the event loop after which everything that could go on has gone on. */
const TURNS = 6;

/** Runs a function with `Date.now`, `setTimeout` and `clearTimeout` replaced; idle time is skipped. */
export async function inVirtualTime<T>(run: (world: World) => Promise<T>): Promise<T> {
  const { setTimeout, clearTimeout } = globalThis;
  const dateNow = Date.now;
  const { port1, port2 } = new MessageChannel();
  let now = START;
  let timersSet = 0;
  let mostTimers = 0;
  const timers = new Map<number, Timer>();
  const count = (): number => [...timers.values()].filter(({ isOurs }) => !isOurs).length;
  let ids = 0;
  const add = (fire: () => void, ms: number, isOurs: boolean): number => {
    const id = ++ids;
    timers.set(id, { at: now + ms, id, fire, isOurs });
    return id;
  };
  const world: World = {
    get elapsed() {
      return now - START;
    },
    get timers() {
      return count();
    },
    get mostTimers() {
      return mostTimers;
    },
    get timersSet() {
      return timersSet;
    },
    sleep: (ms) => new Promise((resolve) => void add(resolve, ms, true)),
  };
  Object.assign(globalThis, {
    setTimeout: (fire: () => void, ms = 0) => {
      const id = add(fire, Math.max(1, Math.floor(ms)), false);
      timersSet++;
      mostTimers = Math.max(mostTimers, count());
      return id;
    },
    clearTimeout: (id?: number) => void (id !== undefined && timers.delete(id)),
  });
  Date.now = () => Math.floor(now);
  let turned = (): void => {};
  port1.onmessage = () => turned();
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      turned = resolve;
      port2.postMessage(0);
    });
  let isOver = false;
  try {
    const result = run(world);
    const end = (): void => void (isOver = true);
    result.then(end, end);
    while (!isOver) {
      for (let i = 0; i < TURNS; i++) await turn();
      if (isOver) break;
      let next: Timer | undefined;
      for (const timer of timers.values()) if (!next || timer.at < next.at) next = timer;
      if (!next) throw new Error("Cannot go on: somebody waits, and no timer is left");
      timers.delete(next.id);
      now = Math.max(now, next.at);
      next.fire();
    }
    return await result;
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
    Date.now = dateNow;
    port1.close();
    port2.close();
  }
}

/** Numbers from 0 to 1 that are the same for the same seed. */
export function random(seed: number): () => number {
  return () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

/** How a simulated server limits. */
export interface ServerOptions {
  perMinute: number;
  burst: number;
  /** `live`: `ratelimit-reset` is always 1, as on the real one; `exact`: when the next token comes. */
  headers?: "live" | "exact";
  /** A wrong `ratelimit-remaining`. */
  claims?: number;
  /** Always this `retry_after`, in seconds, or none. */
  retryAfter?: number | null;
  /** There and back, in milliseconds. */
  latency?: () => number;
  /** How long an admitted request is held open, as with `Prefer: wait`. */
  hold?: number;
}

/** A bucket of tokens. */
export class Server {
  admitted = 0;
  refused = 0;
  /** When the last one was admitted, in milliseconds since the start. */
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

  /** How long it takes at least to admit so many, in milliseconds. */
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

/** One call with the default policy of retries. Returns how many requests it took, 5 if it failed. */
export async function call(
  world: World,
  limiter: Limiter,
  fetch: () => Promise<Answer>,
  bucket: Bucket = "create",
): Promise<number> {
  for (let attempt = 1; attempt <= 4; attempt++) {
    const turn = await limiter.acquire(bucket);
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
