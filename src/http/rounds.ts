/**
 * The pace, as refusals teach it. Those that come together are one event; between two of them is a round.
 *
 * A bucket that refuses is empty. So what was admitted between two events, over the time between, is its
 * rate, and no round can show much less than another has shown before. If one does, or if nothing at all
 * was admitted although the server's own wait was kept, then it does not refuse for the pace: some more
 * are tried together at the end of the next wait, 16, then 256.
 */

import type { Tokens } from "./tokens.ts";

/** The most requests that may be unanswered after a refusal, until more were admitted. */
const MOST = 4;
/** The factor by which more are tried with each round that the pace does not explain. */
const BOLDER = 16;
/** A call takes part in such a try while it may be refused so often again, so that none runs out. */
export const SPARE = 2;
/** The number of successes before a measured rate is raised, and the share by which each raises it. */
const HOLD = 32;
const RAISE = 1 / 128;
/** A round that says much about the rate, as waits are told in whole seconds: it was long, or many came. */
const LONG = 4000;
const MANY = 8;
/** The number below which a long round shows a slow server, whatever its pauses. */
const FEW = 4;

/** The rounds of one bucket. */
export class Rounds {
  /** The number admitted since the last event; some are heard of in the round after. */
  admitted = 0;
  /** The newest request at the last event, and how many may go together after its pause. */
  event = 0;
  opening = 1;
  /** When the pause of the last event ends; none if what comes now has nothing to do with it. */
  until: number | undefined;
  readonly #tokens: Tokens;
  #pause = 0;
  #told = false;
  /** The number admitted in the round before, and its start; there is none at the first event. */
  #count = 0;
  #since: number | undefined;
  /** The rate by then; none if no pace was kept. */
  #oldRate = Infinity;
  /** The number of requests of the round before, if it was a try. */
  #tried = 0;
  /** The rate is at least this: at its end a bucket may have had a token less than at its start. */
  #least = 0;
  /** The number of rounds in a row that the pace does not explain, and how many it takes for a try. */
  #odd = 0;
  #patience = 1;
  #step = 0;
  #hold = 0;
  #nextHold = HOLD;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** Begins anew: requests from now on have nothing to do with the last refusal. */
  start(): void {
    this.until = undefined;
    this.opening = 1;
  }

  /** The most requests that may be unanswered. */
  window(spare: number): number {
    const { admitted, opening } = this;
    if (opening > 1 && spare >= SPARE) return opening + admitted;
    return Math.min(Math.max(1, admitted), Math.max(MOST, admitted / 3));
  }

  /** More is heard of a request: it was admitted, or (-1) it was not after all. Returns if that is news. */
  count(number: number, change: 1 | -1): boolean {
    const isOld = number <= this.event;
    if (isOld) this.#count += change;
    else this.admitted += change;
    return isOld;
  }

  /** The first refusal of some ends a round. `told`: the server said for how long to wait. */
  end(sent: number, until: number, pause: number, told: boolean, rate: number): void {
    const isFirst = this.until === undefined;
    const span = this.#span;
    const isFew = this.#oldRate < Infinity && (this.#count + 1) / span < this.#least;
    this.#odd = !isFirst && (isFew || this.#count === 0 && this.#told && this.#since !== undefined)
      ? this.#odd + 1
      : 0;
    this.#least = Math.max(this.#least, (this.#count - 1) / span);
    if (isFirst) this.#since = undefined;
    else if (this.#count > 0 || this.#since === undefined) this.#since = this.until;
    this.#tried = this.opening > 1 ? sent - this.event : 0;
    if (this.#odd === 0 && 2 * this.admitted < this.#tried) {
      this.#patience *= 2;
      this.#least = 0;
    }
    if (rate < Infinity) this.#nextHold *= 2;
    this.#oldRate = rate;
    this.#count = this.admitted;
    this.admitted = 0;
    this.event = sent;
    this.until = until;
    this.#pause = pause;
    this.#told = told;
  }

  /**
   * Returns whether a pace is to be kept after a refusal, and learns it. It may change its mind when more
   * is heard of the round before.
   */
  judge(): boolean {
    const count = this.#count;
    const isNew = this.#oldRate === Infinity;
    const isVain = isNew && count === 0 && this.#told && this.#since !== undefined;
    const odd = this.#odd + (isVain ? 1 : 0);
    const cameThrough = count > 1 && (this.#odd > 0 || 2 * count >= this.#tried);
    this.opening = 1;
    if (this.#tried > 0 && cameThrough) this.opening = 2 * count;
    else if ((isVain || !isNew) && odd >= this.#patience) {
      this.opening = BOLDER ** (odd - this.#patience + 1);
    }
    const tokens = this.#tokens;
    const isOpen = isNew && (count === 0 || this.#since === undefined);
    if (this.opening > 1 || isOpen) return false;
    this.learn();
    const came = tokens.rate * this.#pause;
    if (isNew) tokens.full = Math.max(1, Math.floor(came));
    // Who was told when to come again is expected then, as far as is known.
    const least = this.#told && tokens.rateIs !== "measured" ? 1 : 0;
    tokens.set(Math.max(least, Math.min(tokens.full, came)), this.until ?? 0);
    return true;
  }

  /** Learns the rate from the round before. `last` is when the last request was admitted. */
  learn(last = 0): void {
    const tokens = this.#tokens;
    const count = this.#count;
    const since = this.#since;
    if (since !== undefined && count > 0) {
      // A long round of short pauses was long by our own pace, and says little of the server's.
      const isLong = this.#span >= LONG && (this.#pause >= LONG || count < FEW);
      const isPrecise = count >= MANY || isLong;
      tokens.rate = Math.min(count / this.#span, this.#oldRate * 0.97);
      this.#step = tokens.rate * (isPrecise ? RAISE : 1 / count ** 2);
      this.#hold = isPrecise ? this.#nextHold : 0;
      if (isPrecise) tokens.rateIs = "measured";
    } else if (since !== undefined || tokens.rateIs === "measured") {
      tokens.rate = this.#oldRate / (since === undefined ? 1.5 : this.#told ? 1 : 2);
    } else {
      // The bucket was as good as empty after the last one that got through.
      const pause = this.#pause;
      const interval = last > 0 ? (this.until ?? 0) - last : pause;
      tokens.rate = 1 / Math.min(Math.max(interval, pause), 2 * pause);
      tokens.rateIs = "estimate";
    }
  }

  /** Raises the pace after a success. */
  raise(): void {
    if (this.until === undefined) return;
    if (this.#hold > 0) this.#hold--;
    else this.#tokens.rate += this.#step;
  }

  /** The time in which what came through in the round before has come, in milliseconds. */
  get #span(): number {
    return this.#since === undefined ? Infinity : Math.max((this.until ?? 0) - this.#since, 1);
  }
}
