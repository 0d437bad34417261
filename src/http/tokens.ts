/** A server's bucket of tokens, as headers tell of it: its level, its size, and the rate at which it fills. */

import type { Turn } from "./types.ts";

/** The slowest bucket whose tokens are worth to be saved up, in milliseconds: see `floor`. */
const HORIZON = 120_000;
/** The longest time to wait for a reset that the server names without refusing, in milliseconds. */
const LONGEST_RESET = 300_000;
/** For how long an answer is what later ones are compared with. */
const SPAN = 10_000;

/** A bucket that fills up at some rate. A request takes a token. */
export class Tokens {
  /** The tokens that were there at `at`, the most there can be, and how many come in 1 ms. */
  level = 0;
  at = 0;
  full = 1;
  rate = 0.001;
  /** `guess`: nothing but `ratelimit-reset` speaks for the rate. */
  rateIs: "guess" | "estimate" | "measured" = "guess";
  /** The number of answers that told what remains, and the newest request among them. */
  heard = 0;
  newest = 0;
  #last: { turn: Turn; remaining: number; admitted: number } | undefined;

  /** The tokens that are there by now. `share`: the part of the rate that is ours. */
  count(now: number, share = 1): number {
    return this.level + Math.max(0, now - this.at) * this.rate * share;
  }

  /** The number of tokens at that moment. */
  set(level: number, at: number): void {
    this.level = level;
    this.at = at;
  }

  /** The tokens that stay in the bucket: the reserve, and one, as at 0 the server asks for a pause. */
  floor(reserve: number): number {
    // An account that was slowed down never again has what it once had: see what comes in 2 minutes.
    const most = this.rateIs === "guess"
      ? this.full
      : Math.min(this.full, Math.max(1, HORIZON * this.rate));
    return Math.min(Math.max(reserve * most, most >= 8 ? 1 : 0), most - 1);
  }

  /**
   * Learns from an answer that says what remains. `least` is what of it must still be there, `known` what
   * was thought to be there, `reset` in how many milliseconds there is more, and `refused` the number of
   * all refusals. Returns whether the answer tells of now, and was not held back.
   */
  hear(
    turn: Turn,
    now: number,
    remaining: number,
    least: number,
    known: number,
    reset: number,
    refused: number,
  ): boolean {
    this.heard++;
    this.newest = turn.number;
    this.full = Math.max(this.full, remaining + 1);
    if (this.rateIs === "guess") this.rate = 1 / Math.max(reset, 1);
    // A bucket of one is always empty, so that no rate can be measured: `reset` is all there is.
    const isOld = turn.takenAt < now && this.full > 1;
    this.#compare(turn, remaining, refused, isOld);
    // Some of what has come since may have run over, so an answer makes it one token more at most.
    const came = (now - turn.takenAt) * this.rate;
    const likely = Math.min(least + came, known + 1);
    this.set(Math.min(Math.max(known, least, likely), remaining + came + 0.999), now);
    return !isOld;
  }

  /** Learns the least that the rate can be: what came back between two answers, as a full bucket runs over. */
  #compare(turn: Turn, remaining: number, refused: number, isOld: boolean): void {
    const last = this.#last;
    // As few as can have been admitted by now, less as many as can have been by then.
    const admitted = turn.settled + 1 - refused;
    const gain = last ? remaining - last.remaining + admitted - last.admitted : -1;
    const span = last
      ? Math.max(turn.sentAt - last.turn.sentAt, turn.takenAt - last.turn.takenAt)
      : 0;
    // More than half of the bucket at once is a new window, or another budget of the server's.
    if (span >= 1000 && gain >= 3 && gain <= Math.max(this.full / 2, 100)) {
      const rate = (gain - 1) / span;
      if (this.rateIs === "guess" || rate > this.rate) this.rate = rate;
      this.rateIs = span >= 3000 || this.rateIs === "measured" ? "measured" : "estimate";
    }
    // From a full bucket on, nothing has run over. Held answers tell of one for longer than it is.
    const isFull = remaining >= this.full - 1 && !isOld;
    if (!last || gain < 0 || span > SPAN || isFull) {
      this.#last = { turn, remaining, admitted: turn.sentByThen - refused };
    }
  }
}

/** The tokens that remain, and in how many milliseconds there are more, as far as headers say so. */
export function limitsIn(headers: Headers): { remaining?: number; reset?: number } {
  const remaining = numberIn(headers, "ratelimit-remaining");
  // Nobody asks for the one without the other, and a header takes Deno 0.8 us.
  if (!(remaining >= 0)) return {};
  const reset = numberIn(headers, "ratelimit-reset") * 1000;
  return {
    remaining,
    // A longer time is none that anybody waits for; it may be a date.
    ...(reset <= LONGEST_RESET && { reset }),
  };
}

function numberIn(headers: Headers, name: string): number {
  const text = headers.get(name) ?? "";
  return /^\d+$/.test(text) ? Number(text) : NaN;
}
