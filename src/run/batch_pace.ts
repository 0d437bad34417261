import type { BatchProgress, BatchResult } from "./batch_types.ts";

/** From how many of the last ones the rate is taken. */
const LAST = 64;

/** Counts what a batch has done, and how fast it is. */
export class BatchPace {
  readonly #total: number | undefined;
  #since = 0;
  #done = 0;
  #failed = 0;
  readonly #ends: number[] = [];

  /** The size of a list, an array or a set, is how many there are in all. */
  constructor(inputs: object) {
    const { length, size } = inputs as { length?: unknown; size?: unknown };
    this.#total = [length, size].find((count) => typeof count === "number");
  }

  /** A run has ended: an input is not settled from what is known. */
  ran(): void {
    this.#ends.push(Date.now());
    if (this.#ends.length > LAST) this.#since = this.#ends.shift() ?? 0;
  }

  /** An input is settled. Returns how many were before. */
  settled(status: BatchResult["status"]): number {
    if (status === "rejected") this.#failed++;
    return this.#done++;
  }

  /** How far it is, now that so many were taken. To be asked from the first one on. */
  progress(taken: number): BatchProgress {
    const now = Date.now();
    this.#since ||= now;
    const rate = now > this.#since ? this.#ends.length / (now - this.#since) * 1000 : 0;
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
