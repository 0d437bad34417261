/** The progress of a batch, and its speed. */

import { uptime } from "../base/clock.ts";
import type { BatchProgress, BatchResult } from "./types.ts";

/** The number of ends, the latest ones, that the rate is taken from. */
const LATEST = 64;

/** Counts the inputs of a batch, and measures their rate. */
export class BatchPace {
  readonly #total: number | undefined;
  /** The start of the time in which `#ends` lie, by the clock of durations. */
  #windowStart = 0;
  #done = 0;
  #failed = 0;
  readonly #ends: number[] = [];

  /** Inputs that have a size, such as an array or a set, tell the total. */
  constructor(inputs: object) {
    const { length, size } = inputs as { length?: unknown; size?: unknown };
    this.#total = [length, size].find((count) => typeof count === "number");
  }

  /** A run has ended. An input that is settled by the store alone does not count. */
  ran(): void {
    this.#ends.push(uptime());
    if (this.#ends.length > LATEST) this.#windowStart = this.#ends.shift() ?? 0;
  }

  /** An input is settled. Returns the number of those that were settled before. */
  settled(status: BatchResult["status"]): number {
    if (status === "rejected") this.#failed++;
    return this.#done++;
  }

  /** The progress with so many inputs taken. The clock of the rate starts with the first call. */
  progress(taken: number): BatchProgress {
    const now = uptime();
    this.#windowStart ||= now;
    const rate = now > this.#windowStart ? this.#ends.length / (now - this.#windowStart) * 1000 : 0;
    const done = this.#done;
    const total = this.#total;
    const left = total === undefined ? NaN : Math.max(0, total - done);
    const etaMs = left === 0 ? 0 : left / rate * 1000;
    return {
      done,
      failed: this.#failed,
      running: taken - done,
      total,
      rate,
      etaMs: Number.isFinite(etaMs) ? etaMs : undefined,
    };
  }
}
