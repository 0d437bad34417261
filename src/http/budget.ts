/**
 * A model of one of the server's budgets, which says when the next request may go. No timers here.
 *
 * The server is taken for a bucket of tokens which fills up at some rate; a request takes one. Neither
 * size nor rate are told, and both differ from account to account, so they are learned:
 *
 * - `unknown`: nothing is. As many requests may be unanswered as were admitted so far, as in TCP's
 *   slow start: 1, 1, 2, 4, 8, 16.
 * - `headers`: answers say how many tokens are left. All that may have been under way together with
 *   such a request is taken off, so what is counted on is there, in whichever order the server took
 *   them. What came back between two answers is the least that the rate can be.
 * - `pace`: refused without such headers, or against what they said. One request at a time, at a rate
 *   that grows with each success. At a 429 the bucket is empty, so what was admitted between two of
 *   them, over the time between, is the rate; from then on it is raised seldom, and by little.
 *
 * A refusal comes at once, but an answer may be held for a minute (`Prefer: wait`). So a request that is
 * out for longer than `SILENCE` counts as admitted, and its answer tells what remained then, not now.
 */

import type { Bucket } from "./options.ts";
import type { Turn } from "./types.ts";

/** A request that was not refused after so long, in milliseconds, was admitted. */
const SILENCE = 300;
/** For how long a request that nobody holds may be out, on a slow way. */
const SLOW = 1000;
/** The most requests that may be unanswered while nothing is known, and at first. */
const MOST_UNANSWERED = 16;
/** After so long without a request, a pace is forgotten: Replicate's limits are per minute. */
const MINUTE = 60_000;
/** The number of successes before a measured pace is raised, and the share by which each raises it. */
const HOLD = 32;
const RAISE = 1 / 128;
/** Two refusals closer than this say little about the rate, as waits are told in whole seconds. */
const MEASURABLE = 4000;
/** For how long an answer is what later ones are compared with. */
const SPAN = 10_000;

export class Budget {
  /** The name of the budget. */
  readonly bucket: Bucket;
  readonly #reserve: number;
  #mode: "unknown" | "headers" | "pace" = "unknown";
  /** False once a request was refused although headers said that there is room. */
  #trusted = true;
  #pausedUntil = 0;
  /** Counts of requests; those refused together count as one `#event`, up to that number. */
  #sent = 0;
  #settled = 0;
  #refused = 0;
  #admitted = 0;
  #event = 0;
  #eventsInARow = 0;
  #lastAdmitted = 0;
  /** In the order in which they were sent. */
  #unanswered = new Set<Turn>();
  #unansweredAtFirst: number;
  /** The tokens that were there at `#at`, the most there can be, and how many come in 1 ms. */
  #level = 0;
  #at = 0;
  #full = 1;
  #rate = 0.001;
  /** `guess`: nothing but `ratelimit-reset` speaks for the rate. */
  #rateIs: "guess" | "estimate" | "measured" = "guess";
  #step = 0;
  #hold = 0;
  #nextHold = HOLD;
  /** The number of answers that told what remains, and the newest request among them. */
  #heard = 0;
  #newest = 0;
  #lastAnswer: { turn: Turn; remaining: number; admitted: number } | undefined;
  #lastEvent: { until: number; admitted: number } | undefined;

  constructor(bucket: Bucket, reserve: number) {
    this.bucket = bucket;
    this.#reserve = reserve;
    this.#unansweredAtFirst = bucket === "create" ? 1 : MOST_UNANSWERED;
  }

  /** When the next request may go; `now` or earlier: at once. */
  readyAt(now: number): number {
    return Math.max(this.allowedAt(now), this.#opensAt(now));
  }

  /** When the server is ready for one request more, after the `ahead` ones that wait already. */
  allowedAt(now: number, ahead = 0): number {
    if (this.#mode === "pace" && now - this.#at > Math.max(MINUTE, 2 / this.#rate)) this.#forget();
    if (this.#mode === "unknown") return Math.max(now, this.#pausedUntil);
    const queued = this.#rateIs === "measured" ? ahead : 0;
    const missing = this.#floor() + 1 + queued - this.#level;
    const filled = missing > 0 ? this.#at + missing / this.#usableRate() : now;
    return Math.max(now, this.#pausedUntil, filled);
  }

  /** Takes a token for a request that is sent now. */
  take(now: number): Turn {
    this.#countSilent(now);
    const tokens = this.#tokens(now);
    // A bucket that runs over was not asked for all it has, so nothing can be measured by it.
    if (tokens > this.#full + 1) this.#lastEvent = undefined;
    this.#level = Math.min(tokens, this.#capacity()) - 1;
    this.#at = now;
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
  drop(turn: Turn): void {
    if (this.#unanswered.delete(turn)) this.#settled++;
  }

  /**
   * The server took the request, whatever it then thought of it. `reset` is in how many milliseconds
   * there are more tokens than `remaining`.
   */
  admit(turn: Turn, now: number, remaining: number | undefined, reset = 1000): void {
    this.#countAdmitted(turn, now);
    if (this.#mode === "pace") this.#raise();
    if (!this.#trusted || remaining === undefined || turn.number < this.#newest) return;
    // Requests overtake each other, so all that were under way with this one may come on top.
    const least = remaining - (this.#sent - 1 - turn.settled);
    const isHeld = turn.takenAt < now;
    // What a held answer lacks may have come since: that is no reason to give up a pace.
    if (isHeld && least < 1 && this.#mode === "pace") return;
    this.#heard++;
    this.#newest = turn.number;
    this.#full = Math.max(this.#full, remaining + 1);
    if (this.#rateIs === "guess") this.#rate = 1 / Math.max(reset, 1);
    // A bucket of one is always empty, so that no rate can be measured: `reset` is all there is.
    const isOld = isHeld && this.#full > 1;
    this.#compare(turn, remaining, isOld);
    const known = this.#mode === "unknown" ? least : this.#tokens(now);
    // Some of what has come since may have run over, so an answer makes it one token more at most.
    const came = (now - turn.takenAt) * this.#rate;
    const likely = Math.min(least + came, known + 1);
    this.#level = Math.min(Math.max(known, least, likely), remaining + came + 0.999);
    this.#at = now;
    this.#mode = "headers";
    if (remaining === 0 && !isOld) this.#pause(Math.min(now, turn.sentAt + SLOW) + reset);
  }

  /** The server refused the request, and said after how long to come again, if it did. */
  refuse(turn: Turn, now: number, wait: number | undefined, remaining: number | undefined): void {
    this.drop(turn);
    const admitted = turn.number - 1 - this.#refused++;
    const isNews = turn.number > this.#event;
    if (isNews) this.#eventsInARow++;
    const pause = wait || Math.min(250 * 2 ** this.#eventsInARow, 30_000);
    this.#pause(now + pause);
    const hadRoom = remaining === undefined
      ? this.#mode === "headers" && this.#tokens(now) >= 2
      : remaining > 0;
    if (hadRoom) this.#trusted = false;
    if (hadRoom || this.#mode === "unknown") {
      this.#mode = "pace";
      this.#full = 1;
    }
    if (isNews) {
      this.#slowDown(pause, admitted);
      this.#event = this.#sent;
      this.#lastEvent = { until: this.#pausedUntil, admitted };
    }
    // One, then, and no more until it is known how that one fared.
    this.#level = 1 + this.#floor();
    this.#at = this.#pausedUntil;
  }

  /** The server is in trouble: nothing goes before `until`, and then one at a time at first. */
  startOver(until: number): void {
    this.#pause(until);
    this.#admitted = this.#heard = 0;
    this.#unansweredAtFirst = 1;
  }

  /** Nothing goes before `until`. */
  #pause(until: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  /** When there are few enough unanswered requests, as far as that matters. */
  #opensAt(now: number): number {
    // Headers that nobody has tested yet may be about another limit than the one that will refuse.
    if (this.#mode === "pace" || this.#mode === "headers" && this.#heard >= 2) return now;
    this.#countSilent(now);
    const most = Math.min(Math.max(this.#unansweredAtFirst, this.#admitted), MOST_UNANSWERED);
    if (this.#unanswered.size < most) return now;
    const [oldest] = this.#unanswered;
    return oldest ? oldest.sentAt + SILENCE : now;
  }

  #countSilent(now: number): void {
    for (const turn of this.#unanswered) {
      if (turn.sentAt + SILENCE > now) break;
      this.#countAdmitted(turn, now);
    }
  }

  #countAdmitted(turn: Turn, now: number): void {
    if (!this.#unanswered.delete(turn)) return;
    turn.takenAt = Math.min(now, turn.sentAt + SILENCE);
    turn.sentByThen = this.#sent;
    this.#settled++;
    this.#admitted++;
    this.#eventsInARow = 0;
    this.#lastAdmitted = Math.max(this.#lastAdmitted, turn.sentAt);
  }

  #tokens(now: number): number {
    return this.#level + Math.max(0, now - this.#at) * this.#usableRate();
  }

  /** A timer that is late must not cost pace, so what came in a few milliseconds is kept. */
  #capacity(): number {
    return this.#mode === "headers" ? this.#full : 1 + Math.min(10 * this.#rate, 0.5);
  }

  #usableRate(): number {
    return this.#mode === "pace" ? this.#rate * (1 - this.#reserve) : this.#rate;
  }

  /** The tokens that stay in the bucket: the reserve, and one, as at 0 the server asks for a pause. */
  #floor(): number {
    if (this.#mode !== "headers") return 0;
    // An account that was slowed down never again has what it once had: see what comes in 2 minutes.
    const most = this.#rateIs === "guess"
      ? this.#full
      : Math.min(this.#full, Math.max(1, 2 * MINUTE * this.#rate));
    return Math.min(Math.max(this.#reserve * most, most >= 8 ? 1 : 0), most - 1);
  }

  /** Tokens that came back between two answers are the least the rate can be, as a full bucket runs over. */
  #compare(turn: Turn, remaining: number, isOld: boolean): void {
    const last = this.#lastAnswer;
    // As few as can have been admitted by now, less as many as can have been by then.
    const admitted = turn.settled + 1 - this.#refused;
    const gain = last ? remaining - last.remaining + admitted - last.admitted : -1;
    const span = last
      ? Math.max(turn.sentAt - last.turn.sentAt, turn.takenAt - last.turn.takenAt)
      : 0;
    // More than half of the bucket at once is a new window, or another budget of the server's.
    if (span >= 1000 && gain >= 3 && gain <= Math.max(this.#full / 2, 100)) {
      const rate = (gain - 1) / span;
      if (this.#rateIs === "guess" || rate > this.#rate) this.#rate = rate;
      this.#rateIs = span >= 3000 || this.#rateIs === "measured" ? "measured" : "estimate";
    }
    // From a full bucket on, nothing has run over. Held answers tell of one for longer than it is.
    const isFull = remaining >= this.#full - 1 && !isOld;
    if (!last || gain < 0 || span > SPAN || isFull) {
      this.#lastAnswer = { turn, remaining, admitted: turn.sentByThen - this.#refused };
    }
  }

  #raise(): void {
    if (!this.#lastEvent) return;
    if (this.#hold > 0) this.#hold--;
    else this.#rate += this.#step;
  }

  #slowDown(pause: number, admitted: number): void {
    const last = this.#lastEvent;
    const count = last ? admitted - last.admitted : 0;
    if (last && count > 0) {
      const span = Math.max(this.#pausedUntil - last.until, 1);
      this.#rate = Math.min(count / span, this.#rate * 0.97);
      this.#step = this.#rate * RAISE;
      if (span >= MEASURABLE) {
        this.#rateIs = "measured";
        this.#hold = this.#nextHold;
        this.#nextHold *= 2;
      }
    } else if (last || this.#rateIs === "measured") {
      this.#rate /= last ? 2 : 1.5;
    } else {
      // The bucket was as good as empty after the last one that got through.
      const interval = this.#admitted > 0 ? this.#pausedUntil - this.#lastAdmitted : pause;
      this.#rate = 1 / Math.min(Math.max(interval, pause), 2 * pause);
      this.#step = this.#rate;
      this.#hold = 0;
      this.#rateIs = "estimate";
    }
  }

  #forget(): void {
    this.#mode = "unknown";
    this.#trusted = true;
    this.#admitted = this.#heard = 0;
    this.#rateIs = "guess";
    this.#nextHold = HOLD;
    this.#full = 1;
    this.#lastEvent = this.#lastAnswer = undefined;
  }
}
