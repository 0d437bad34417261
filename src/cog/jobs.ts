/** The predictions of one Cog server: those that wait, those that run, and the latest that ended. */

import { report } from "../base/report.ts";
import type { CogJob } from "./job.ts";
import { runJob } from "./run.ts";
import type { CogServer } from "./server.ts";

/** The ended predictions that are kept for their readers. Their files are in memory, as text. */
const KEPT = 50;

/** Predictions by id, of which a few run at a time, first in, first out. */
export class Jobs {
  readonly #server: CogServer;
  readonly #concurrency: number;
  readonly #all = new Map<string, CogJob>();
  readonly #waiting: CogJob[] = [];
  #running = 0;

  constructor(server: CogServer, concurrency: number) {
    this.#server = server;
    this.#concurrency = concurrency;
  }

  get(id: string): CogJob | undefined {
    return this.#all.get(id);
  }

  /** All that are known, the newest first. */
  list(): CogJob[] {
    return [...this.#all.values()].reverse();
  }

  /** Runs a prediction when its turn has come. */
  add(job: CogJob): void {
    this.#all.set(job.id, job);
    this.#waiting.push(job);
    this.#next();
  }

  /** Forgets a prediction that the server does not take. */
  delete(job: CogJob): void {
    this.#all.delete(job.id);
  }

  /** Cancels a prediction. One that waits for its turn has ended at once. */
  cancel(job: CogJob): void {
    job.leave();
    const place = this.#waiting.indexOf(job);
    if (place < 0) return;
    this.#waiting.splice(place, 1);
    job.see({ status: "canceled" });
  }

  #next(): void {
    while (this.#running < this.#concurrency) {
      const job = this.#waiting.shift();
      if (!job) return;
      this.#running++;
      report(() => runJob(job, this.#server).finally(() => this.#release()));
    }
  }

  #release(): void {
    this.#running--;
    for (const job of this.#all.values()) {
      if (this.#all.size <= KEPT) break;
      if (job.ended) this.#all.delete(job.id);
    }
    this.#next();
  }
}
