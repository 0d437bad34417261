/**
 * Keeps a client within the server's limits. Who may not go at once waits in line, first in, first out,
 * one line for each of the server's budgets. What is known of a budget, and how it is learned, is in
 * `budget.ts`.
 */

import { onAbort } from "../base/async.ts";
import { checkKeys, wholeNumber } from "../base/check.ts";
import { LONGEST_TIMER, uptime } from "../base/clock.ts";
import { isolatesRequests } from "../base/runtime.ts";
import { TimeoutError } from "../errors.ts";
import { Budget } from "./budget.ts";
import type { Bucket, LimiterOptions, Throttled } from "./options.ts";
import { SPARE } from "./rounds.ts";
import { limitsIn } from "./tokens.ts";
import type { AcquireOptions, Answer, RateLimiter, Turn } from "./types.ts";

export type { Bucket } from "./options.ts";
export type { Turn } from "./types.ts";

interface Waiter {
  readonly deadline: number;
  /** The number of times that its call may still be refused. */
  readonly spare: number;
  /** Ends the wait, with a turn or with an error. */
  readonly end: (turn: Turn | undefined, error?: unknown) => void;
  told: boolean;
  /** When it last looked by itself, if it has to. */
  seenAt: number;
}

class Line {
  readonly budget: Budget;
  /** In the order of arrival; a set, as who leaves early may stand anywhere. */
  readonly waiters = new Set<Waiter>();
  /** No deadline of those who wait is before this. */
  deadline = Infinity;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** 0 while no timer is set. */
  timerAt = 0;

  constructor(bucket: Bucket, reserve: number) {
    this.budget = new Budget(bucket, reserve);
  }

  /** `true` if nobody waits, and nothing is left of those who did. */
  get isIdle(): boolean {
    return this.waiters.size === 0 && this.timerAt === 0 && this.deadline === Infinity;
  }

  /** The next in line. On a try, one that can afford to be refused goes before others. */
  next(): Waiter | undefined {
    const [head] = this.waiters;
    if (!head || !this.budget.isTrying) return head;
    for (const waiter of this.waiters) if (waiter.spare >= SPARE) return waiter;
    return head;
  }
}

/** The time between two looks of a waiter at its turn, where nobody may tell it, in milliseconds. */
const LOOK = 20;
const LONGEST_LOOK = 1000;
/** After so long a place counts as free: on Workers a request can end without a word. */
const LEASE = 600_000;

/**
 * Shared by a client and all that are derived from it.
 *
 * @example
 * ```ts
 * import { Limiter } from "./limiter.ts";
 *
 * const limiter = new Limiter({ concurrency: 4 });
 * const turn = await limiter.acquire("read");
 * try {
 *   const { status, headers } = await Promise.resolve(new Response("{}"));
 *   limiter.observe(turn, { status, headers, retryAfter: undefined });
 * } finally {
 *   limiter.release(turn);
 * }
 * ```
 */
export class Limiter {
  readonly #concurrency: number;
  readonly #onThrottle: ((wait: Throttled) => void) | undefined;
  readonly #isolated: boolean;
  readonly #lines: Record<Bucket, Line>;
  readonly #open = new Set<Turn>();
  /** The line that is served first when both wait for a free place. */
  #first: Bucket = "read";
  #serving = false;

  /**
   * A limiter that knows nothing yet.
   *
   * @param isolated If `true`, each waiter has a timer of its own, and is not ended by anybody else: on
   * Workers a promise or timer of another request hangs, throws, or dies with that request. Default: as
   * the runtime needs it.
   * @throws {RangeError} If a value cannot be used; the message says which.
   */
  constructor(options: LimiterOptions = {}, isolated: boolean = isolatesRequests()) {
    checkKeys(options, ["concurrency", "reserve", "onThrottle"], "use limiter");
    const { concurrency, reserve = 0, onThrottle } = options;
    if (concurrency !== undefined) wholeNumber(concurrency, "limiter.concurrency");
    if (!(typeof reserve === "number" && reserve >= 0 && reserve < 1)) {
      throw new RangeError(
        `Cannot use ${reserve} as limiter.reserve: give a number from 0 up to, not including, 1`,
      );
    }
    this.#concurrency = concurrency ?? Infinity;
    this.#onThrottle = onThrottle;
    this.#isolated = isolated;
    this.#lines = { create: new Line("create", reserve), read: new Line("read", reserve) };
  }

  /**
   * Leave to send one request: at once, or when it is this caller's turn. It has to be released.
   *
   * The promise rejects at once with the signal's reason when that aborts, and with
   * {@linkcode TimeoutError} (phase `deadline`) when it is known that the wait would be too long.
   */
  acquire(bucket: Bucket, options: AcquireOptions = {}): Turn | Promise<Turn> {
    const { signal, deadline = Infinity, spare = Infinity } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const line = this.#lines[bucket];
    const now = uptime();
    if (line.waiters.size === 0 && this.#isFree(now) && line.budget.readyAt(now, spare) <= now) {
      return this.#take(line, now);
    }
    const allowedAt = line.budget.allowedAt(now, line.waiters.size);
    if (Math.max(allowedAt, now + 1) > deadline) {
      return Promise.reject(tooLate(bucket, allowedAt - now));
    }
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let outcome: { turn: Turn | undefined; error: unknown } | undefined;
      const settle = (): void => {
        unlisten();
        clearTimeout(timer);
        if (outcome?.turn) resolve(outcome.turn);
        else reject(outcome?.error);
      };
      const waiter: Waiter = {
        deadline,
        spare,
        told: false,
        seenAt: Infinity,
        end: (turn, error) => {
          line.waiters.delete(waiter);
          outcome = { turn, error };
          if (!this.#isolated) settle();
        },
      };
      const leave = (): void => {
        const turn = outcome?.turn;
        line.waiters.delete(waiter);
        clearTimeout(timer);
        reject(signal?.reason);
        if (turn) this.release(turn);
        else this.#serve();
      };
      const unlisten = onAbort(signal, leave);
      const look = (): void => {
        if (!outcome) this.#serve();
        if (outcome) return settle();
        const now = waiter.seenAt = uptime();
        const at = Math.min(line.budget.allowedAt(now), deadline);
        timer = setTimeout(look, Math.min(Math.max(at - now, LOOK), LONGEST_LOOK));
      };
      line.waiters.add(waiter);
      line.deadline = Math.min(line.deadline, deadline);
      if (this.#isolated) look();
      else this.#serve();
    });
  }

  /** Learns from an answer. Call it as soon as its headers are there. */
  observe(turn: Turn, answer: Answer): void {
    const { status, retryAfter } = answer;
    const { budget } = this.#lines[turn.bucket];
    const now = uptime();
    const { remaining, reset } = limitsIn(answer.headers);
    if (status === 429) budget.refuse(turn, now, retryAfter, remaining);
    else budget.admit(turn, now, remaining, reset);
    if (status === 503 && retryAfter) budget.startOver(now + retryAfter);
    this.#serve();
  }

  /** The attempt is over, however it went. Doing it twice does no harm. */
  release(turn: Turn): void {
    if (!this.#open.delete(turn)) return;
    this.#lines[turn.bucket].budget.drop(turn);
    this.#serve();
  }

  #isFree(now: number): boolean {
    if (this.#open.size < this.#concurrency) return true;
    const [oldest] = this.#open;
    return oldest !== undefined && now - oldest.sentAt > LEASE && this.#open.delete(oldest);
  }

  #take(line: Line, now: number): Turn {
    const turn = line.budget.take(now);
    this.#open.add(turn);
    // In turns, so that neither polls nor creations keep the others out.
    this.#first = line.budget.bucket === "read" ? "create" : "read";
    return turn;
  }

  /** Lets go who may go, tells who has to wait, and sets the timers for the rest. */
  #serve(): void {
    const { create, read } = this.#lines;
    // Nobody waits, as in most calls: two looks at a clock less for each, 0.4 us on Deno.
    if (create.isIdle && read.isIdle) return;
    // A callback that comes back to us finds the work under way.
    if (this.#serving) return;
    this.#serving = true;
    try {
      while (this.#serveOne(uptime()));
    } finally {
      this.#serving = false;
    }
    this.#setTimer(create);
    this.#setTimer(read);
  }

  /** Returns whether something has changed, so that it is worth to look again. */
  #serveOne(now: number): boolean {
    const { create, read } = this.#lines;
    for (const line of this.#first === "read" ? [read, create] : [create, read]) {
      const head = line.next();
      if (!head) continue;
      // Its request has ended without a word, as one can on Workers.
      if (now - head.seenAt > 2 * LONGEST_LOOK) return line.waiters.delete(head);
      if (this.#isFree(now) && line.budget.readyAt(now, head.spare) <= now) {
        head.end(this.#take(line, now));
        return true;
      }
      const allowedAt = line.budget.allowedAt(now);
      if (Math.max(allowedAt, now + 1) > line.deadline && giveUp(line, now, allowedAt)) return true;
      if (allowedAt > now && !head.told && this.#onThrottle) {
        head.told = true;
        try {
          this.#onThrottle({ bucket: line.budget.bucket, waitMs: Math.ceil(allowedAt - now) });
        } catch (error) {
          head.end(undefined, error);
        }
        return true;
      }
    }
    return false;
  }

  #setTimer(line: Line): void {
    const head = line.next();
    if (!head) line.deadline = Infinity;
    if (this.#isolated || !head && line.timerAt === 0) return;
    const now = uptime();
    const readyAt = head && this.#isFree(now) ? line.budget.readyAt(now, head.spare) : Infinity;
    const at = Math.min(line.deadline, readyAt);
    // A timer that comes too early only looks again, which is cheaper than a new one per answer.
    if (at < Infinity && line.timerAt <= at && line.timerAt > 0) return;
    clearTimeout(line.timer);
    line.timerAt = 0;
    if (at === Infinity) return;
    line.timerAt = at;
    line.timer = setTimeout(() => {
      line.timerAt = 0;
      this.#serve();
    }, Math.min(Math.max(Math.ceil(at - now), 1), LONGEST_TIMER));
  }
}

/** The part of `createSend` that keeps within the server's rate limits. */
export function rateLimiter(options?: LimiterOptions): RateLimiter {
  return new Limiter(options);
}

/** Rejects those for whom `allowedAt` is too late. Returns whether there was one. */
function giveUp(line: Line, now: number, allowedAt: number): boolean {
  const before = line.waiters.size;
  line.deadline = Infinity;
  for (const waiter of line.waiters) {
    if (Math.max(allowedAt, now + 1) > waiter.deadline) {
      waiter.end(undefined, tooLate(line.budget.bucket, allowedAt - now));
    } else {
      line.deadline = Math.min(line.deadline, waiter.deadline);
    }
  }
  return line.waiters.size < before;
}

function tooLate(bucket: Bucket, wait: number): TimeoutError {
  const why = wait > 0
    ? `the rate limit asks to wait ${Math.ceil(wait / 100) / 10} s, which is past the deadline`
    : "the deadline passed while waiting for other requests";
  return new TimeoutError(`Cannot ${bucket} anything more: ${why}`, { phase: "deadline" });
}
