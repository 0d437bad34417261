/**
 * A model of one of the server's budgets, which says when the next request may go. No timers here.
 *
 * The server is taken for a bucket of tokens which fills up at some rate; a request takes one. Neither
 * size nor rate are told, and both differ from account to account, so they are learned:
 *
 * - `open`: nothing is known. As many requests may be unanswered as were admitted so far, as in TCP's
 *   slow start: 1, 1, 2, 4, 8, 16, and reads by and by 64. After a pause that a refusal asked for it begins anew.
 * - `headers`: answers say how many tokens are left. All that may have been under way together with
 *   such a request is taken off, so what is counted on is there, in whichever order the server took
 *   them. What came back between two answers is the least that the rate can be: see `Tokens`.
 * - `pace`: refused twice without such headers, or against what they said. The rate is what came through
 *   between two refusals; what came during the pause may go at its end. Successes raise it, by little
 *   once it is measured. See `Rounds`, also for refusals that have nothing to do with the pace.
 *
 * A refusal comes at once, but an answer may be held for a minute (`Prefer: wait`). So a request that is
 * out for longer than `SILENCE` counts as admitted, and its answer tells what remained then, not now.
 */

import type { Bucket } from "./options.ts";
import { Rounds } from "./rounds.ts";
import { Tokens } from "./tokens.ts";
import type { Turn } from "./types.ts";

/** A request that was not refused after so long, in milliseconds, was admitted. */
const SILENCE = 300;
/** For how long a request that nobody holds may be out, on a slow way. */
const SLOW = 1000;
/** The most requests that may be unanswered while nothing is known, and at first. */
const MOST_UNANSWERED = 16;
/**
 * The most reads, once four times as many were admitted: a refusal does them no harm. 64 at once take Node
 * 1.25 times what `fetch` takes, and 1.5 times by 16.
 */
const MOST_READS = 64;
/** After so long without a request, what refusals taught is forgotten: Replicate's limits are per minute. */
const MINUTE = 60_000;
/** The longest pause of our own choosing. */
const LONGEST = 30_000;

export class Budget {
  /** The name of the budget. */
  readonly bucket: Bucket;
  readonly #reserve: number;
  #tokens = new Tokens();
  #rounds = new Rounds(this.#tokens);
  #mode: "open" | "headers" | "pace" = "open";
  /** False once a request was refused although headers said that there is room. */
  #trusted = true;
  #pausedUntil = 0;
  #sent = 0;
  #settled = 0;
  #refused = 0;
  #eventsInARow = 0;
  #lastAdmitted = 0;
  /** In the order in which they were sent. */
  readonly #unanswered = new Set<Turn>();
  #unansweredAtFirst: number;

  constructor(bucket: Bucket, reserve: number) {
    this.bucket = bucket;
    this.#reserve = reserve;
    this.#unansweredAtFirst = bucket === "create" ? 1 : MOST_UNANSWERED;
  }

  /** `true` while it tries whether the server refuses for another reason than the pace. */
  get isTrying(): boolean {
    return this.#rounds.opening > 1;
  }

  /**
   * When the next request may go; `now` or earlier: at once. `spare` is how often its call may still be
   * refused.
   */
  readyAt(now: number, spare: number): number {
    return Math.max(this.allowedAt(now), this.#opensAt(now, spare));
  }

  /** When the server is ready for one request more, after the `ahead` ones that wait already. */
  allowedAt(now: number, ahead = 0): number {
    this.#rest(now);
    const { level, at, rate, rateIs } = this.#tokens;
    const from = Math.max(now, this.#pausedUntil);
    if (this.#mode === "open") return from;
    const missing = this.#floor() + 1 + (rateIs === "measured" ? ahead : 0) - level;
    return missing > 0 ? Math.max(from, at + missing / (rate * this.#share())) : from;
  }

  /** Takes a token for a request that is sent now. */
  take(now: number): Turn {
    this.#countSilent(now);
    const tokens = this.#tokens;
    const { full, rate } = tokens;
    // A timer that is late must not cost pace, so what came in a few milliseconds is kept.
    const most = this.#mode === "headers" ? full : full + Math.min(10 * rate, 0.5);
    tokens.set(Math.min(tokens.count(now, this.#share()), most) - 1, now);
    const turn: Turn = {
      bucket: this.bucket,
      number: ++this.#sent,
      sentAt: now,
      settled: this.#settled,
      takenAt: now,
      sentByThen: this.#sent,
    };
    this.#unanswered.add(turn);
    return turn;
  }

  /** The request ended without an answer. */
  drop(turn: Turn): boolean {
    const isOut = this.#unanswered.delete(turn);
    if (isOut) this.#settled++;
    return isOut;
  }

  /**
   * The server took the request, whatever it then thought of it. `reset` is in how many milliseconds
   * there are more tokens than `remaining`.
   */
  admit(turn: Turn, now: number, remaining: number | undefined, reset = 1000): void {
    this.#countAdmitted(turn, now);
    const isPace = this.#mode === "pace";
    if (isPace) this.#rounds.raise();
    const tokens = this.#tokens;
    if (!this.#trusted || remaining === undefined || turn.number < tokens.newest) return;
    // Requests overtake each other, so all that were under way with this one may come on top.
    const least = remaining - (this.#sent - 1 - turn.settled);
    // What a held answer lacks may have come since: that is no reason to give up what refusals taught.
    const isTaught = isPace || this.#mode === "open" && this.#rounds.until !== undefined;
    if (turn.takenAt < now && least < 1 && isTaught) return;
    const known = this.#mode === "open" ? least : tokens.count(now);
    const isNow = tokens.hear(turn, now, remaining, least, known, reset, this.#refused);
    this.#mode = "headers";
    if (remaining === 0 && isNow) this.#pause(Math.min(now, turn.sentAt + SLOW) + reset);
  }

  /** The server refused the request, and said after how long to come again, if it did. */
  refuse(turn: Turn, now: number, wait: number | undefined, remaining: number | undefined): void {
    const rounds = this.#rounds;
    const tokens = this.#tokens;
    // So late that it was taken for admitted.
    if (!this.drop(turn)) rounds.count(turn.number, -1);
    this.#refused++;
    const isNews = turn.number > rounds.event;
    if (isNews) this.#eventsInARow++;
    const pause = wait || Math.min(250 * 2 ** this.#eventsInARow, LONGEST);
    this.#pause(now + pause);
    const hadRoom = remaining === undefined
      ? this.#mode === "headers" && tokens.count(now) >= 2
      : remaining > 0;
    if (hadRoom) {
      this.#trusted = false;
      if (this.#mode === "headers") this.#mode = "open";
    }
    const isKnown = this.#mode === "headers";
    if (isNews) {
      const rate = this.#mode === "open" ? Infinity : tokens.rate;
      rounds.end(this.#sent, this.#pausedUntil, pause, pause === wait, rate);
      if (isKnown) rounds.learn(this.#lastAdmitted);
    }
    // One, then, and no more until it is known how that one fared.
    if (isKnown) tokens.set(1 + this.#floor(), this.#pausedUntil);
    else this.#judge();
  }

  /** The server is in trouble: nothing goes before `until`, and then one at a time at first. */
  startOver(until: number): void {
    this.#pause(until);
    this.#rounds.start();
    this.#rounds.admitted = this.#tokens.heard = 0;
    this.#unansweredAtFirst = 1;
  }

  /** Nothing goes before `until`. */
  #pause(until: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  /** Forgets what a time without requests makes worthless. */
  #rest(now: number): void {
    const { at, full, rate } = this.#tokens;
    // A bucket that runs over was not asked for all it has, so nothing can be measured by it.
    const over = now - Math.max(at, this.#pausedUntil) - (full + 1) / rate;
    if (over > 0) this.#rounds.start();
    if (over < MINUTE || this.#mode === "headers") return;
    this.#mode = "open";
    this.#trusted = true;
    this.#tokens = new Tokens();
    this.#rounds = new Rounds(this.#tokens);
    this.#rounds.event = this.#sent;
  }

  /** When there are few enough unanswered requests, as far as that matters. */
  #opensAt(now: number, spare: number): number {
    const { full, heard } = this.#tokens;
    const { admitted, until } = this.#rounds;
    // Headers that nobody has tested yet may be about another limit than the one that will refuse.
    if (this.#mode === "headers" && heard >= 2) return now;
    if (this.#mode === "pace" && (full < 2 || admitted >= MOST_UNANSWERED)) return now;
    this.#countSilent(now);
    const most = until === undefined ? this.#window(admitted) : this.#rounds.window(spare);
    if (this.#unanswered.size < most) return now;
    const [oldest] = this.#unanswered;
    return oldest ? oldest.sentAt + SILENCE : now;
  }

  /** The number of requests that may be unanswered while nothing was refused. */
  #window(admitted: number): number {
    const most = this.bucket === "read"
      ? Math.min(Math.max(MOST_UNANSWERED, admitted / 4), MOST_READS)
      : MOST_UNANSWERED;
    return Math.min(Math.max(this.#unansweredAtFirst, admitted), most);
  }

  #countSilent(now: number): void {
    for (const turn of this.#unanswered) {
      if (turn.sentAt + SILENCE > now) break;
      this.#countAdmitted(turn, now);
    }
  }

  #countAdmitted(turn: Turn, now: number): void {
    if (!this.drop(turn)) return;
    turn.takenAt = Math.min(now, turn.sentAt + SILENCE);
    turn.sentByThen = this.#sent;
    this.#eventsInARow = 0;
    this.#lastAdmitted = Math.max(this.#lastAdmitted, turn.sentAt);
    if (this.#rounds.count(turn.number, 1) && this.#mode !== "headers") this.#judge();
  }

  /** Decides how to go on after a refusal, as long as nothing was sent since. */
  #judge(): void {
    if (this.#sent > this.#rounds.event) return;
    this.#mode = this.#rounds.judge() ? "pace" : "open";
  }

  #share(): number {
    return this.#mode === "pace" ? 1 - this.#reserve : 1;
  }

  #floor(): number {
    return this.#mode === "headers" ? this.#tokens.floor(this.#reserve) : 0;
  }
}
