import type { BatchProgress } from "./batch_types.ts";

/** From how many of the last ones the rate is taken. */
const LAST = 64;

/** Counts what a batch has done, and how fast it is. */
export class BatchPace {
  readonly #total: number | undefined;
  #startedAt = 0;
  #running = 0;
  #done = 0;
  #failed = 0;
  #ends: number[] = [];

  /** @param total How many inputs there are, where that is known. */
  constructor(total: number | undefined) {
    this.#total = total;
  }

  /** An input is taken. */
  started(): void {
    this.#startedAt ||= Date.now();
    this.#running++;
  }

  /** An input is settled; `ran`: by running it, not from what is known. */
  settled({ failed, ran }: { failed: boolean; ran: boolean }): void {
    this.#running--;
    this.#done++;
    if (failed) this.#failed++;
    if (!ran) return;
    this.#ends.push(Date.now());
    if (this.#ends.length > LAST) this.#startedAt = this.#ends.shift() ?? this.#startedAt;
  }

  /** How far it is, now. */
  progress(): BatchProgress {
    const elapsed = Date.now() - this.#startedAt;
    const rate = elapsed > 0 ? this.#ends.length / elapsed * 1000 : 0;
    const total = this.#total;
    const left = total === undefined ? undefined : Math.max(0, total - this.#done);
    return {
      done: this.#done,
      failed: this.#failed,
      running: this.#running,
      total,
      rate,
      etaMs: left === 0 ? 0 : left === undefined || rate === 0 ? undefined : left / rate * 1000,
    };
  }
}
