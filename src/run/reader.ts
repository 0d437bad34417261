/** Reading a job, by its id alone where that is all there is. */

import { delay } from "@std/async/delay";
import { type JobKind, kindOfRecord } from "../base/job.ts";
import { path } from "../base/path.ts";
import { ApiError } from "../errors.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";

/** A prediction or a training: both are watched in the same way. */
export type JobRecord = Prediction | Training;

/** The reads for which a fresh id may answer 404, and the first wait after one, in milliseconds. */
const FRESH = { tries: 6, delay: 100 };

/**
 * The wait before the next poll, in milliseconds: a tenth of the time that the job has run, so that the
 * time lost after its end stays a tenth, whether it takes a second or an hour.
 */
export function pollDelay(elapsed: number): number {
  return Math.min(Math.max(elapsed * 0.1, 50), 3000);
}

/** Reads a job, and finds out its kind where only its id is known. */
export class JobReader {
  readonly #send: Send;
  readonly #options: RequestOptions;
  readonly #fresh: boolean;
  readonly id: string;
  kind: JobKind;
  #known: boolean;

  constructor(
    send: Send,
    job: { id: string; kind?: JobKind | undefined },
    options: { request: RequestOptions; fresh: boolean },
  ) {
    this.#send = send;
    this.#options = options.request;
    this.#fresh = options.fresh;
    this.id = job.id;
    this.kind = job.kind ?? "predictions";
    this.#known = job.kind === "trainings";
  }

  /** The job as it is now. A 404 may only mean that it is of the other kind, or fresh. */
  async get(): Promise<JobRecord> {
    for (let tries = 1;; tries++) {
      try {
        const job = await this.#get(this.kind);
        this.kind = kindOfRecord(job);
        this.#known = true;
        return job;
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404) || this.#known) throw error;
        const other = await this.#other(error);
        if (other) return other;
        // A fresh id is sometimes not known everywhere yet.
        if (!this.#fresh || tries >= FRESH.tries) throw error;
        await delay(FRESH.delay * 2 ** (tries - 1), signalOf(this.#options));
      }
    }
  }

  /** Cancels the job. The caller's signal does not count: the cancel is sent because the caller left. */
  async cancel(): Promise<JobRecord> {
    const { signal: _, ...options } = this.#options;
    return await this.#send({
      method: "POST",
      path: path`/${this.kind}/${this.id}/cancel`,
      action: `cancel ${this.kind.slice(0, -1)} ${this.id}`,
      repeatable: true,
      options,
    });
  }

  #get(kind: JobKind): Promise<JobRecord> {
    return this.#send({
      method: "GET",
      path: path`/${kind}/${this.id}`,
      action: `get ${kind.slice(0, -1)} ${this.id}`,
      options: this.#options,
    });
  }

  /** The job as a training: the answer to the create of one has the URLs of a prediction. */
  async #other(error: unknown): Promise<JobRecord | undefined> {
    if (this.#fresh && this.kind === "predictions") return undefined;
    try {
      const job = await this.#get("trainings");
      this.kind = "trainings";
      this.#known = true;
      return job;
    } catch (second) {
      if (second instanceof ApiError && second.status === 404) return undefined;
      throw this.#options.signal?.aborted ? second : error;
    }
  }
}

/** Options for `delay`, which refuses a signal of `undefined`. */
export function signalOf(options: RequestOptions): { signal: AbortSignal } | undefined {
  return options.signal ? { signal: options.signal } : undefined;
}
