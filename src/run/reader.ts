/** Reading and canceling a job, by its id alone where that is all there is. */

import { delay } from "@std/async/delay";
import { LONGEST_TIMER } from "../base/clock.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { type JobKind, kindOfRecord } from "../base/job.ts";
import { ApiError, ReplicateError } from "../errors.ts";
import { fateOf } from "../http/retry.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { cancelJob, getJob } from "../resources/jobs.ts";
import { isMissing } from "../resources/missing.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";

/** A prediction or a training: both are watched in the same way. */
export type JobRecord = Prediction | Training;

/** The reads for which a fresh id may answer 404. */
const FRESH_READS = 6;
/**
 * The requests that a cancel may take until it is known to have worked, those that the client repeats by
 * itself included.
 */
const CANCEL_REQUESTS = 8;
/** The first wait, in milliseconds, and the longest one; each is twice the one before. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5000;

/**
 * The wait before the next poll, in milliseconds: a tenth of the time that the job has run, so that the
 * time lost after its end stays a tenth, whether it takes a second or an hour.
 */
export function pollDelay(elapsed: number): number {
  return Math.min(Math.max(elapsed * 0.1, 50), 3000);
}

/** The milliseconds of an `interval`. A longer timer than runtimes know would fire at once. */
export function pollInterval(interval: Duration | undefined): number | undefined {
  return interval === undefined ? undefined : Math.min(toMs(interval, "interval"), LONGEST_TIMER);
}

/** The job to read, and the way to read it. */
export interface JobReaderInit {
  id: string;
  /** The kind as somebody has named it; default `"predictions"`. The answers tell the true one. */
  kind?: JobKind | undefined;
  /** `true` if it is of this kind for certain, as it was created so. */
  sure?: boolean;
  request: JobRequestOptions;
}

/** The options of the requests for a job, whose signal also ends the waits between them. */
type JobRequestOptions = RequestOptions & { signal: AbortSignal };

/** Reads a job, and finds out its kind where only its id is known. */
export class JobReader {
  readonly id: string;
  kind: JobKind;
  readonly #send: Send;
  readonly #options: JobRequestOptions;
  #sure: boolean;
  /** `true` once an answer has shown it. */
  #seen = false;

  constructor(send: Send, { id, kind = "predictions", sure = false, request }: JobReaderInit) {
    this.#send = send;
    this.#options = request;
    this.#sure = sure;
    this.id = id;
    this.kind = kind;
  }

  /** The job as it is now. A 404 may only mean that it is of the other kind, or fresh. */
  async get(): Promise<JobRecord> {
    for (let tries = 1;; tries++) {
      try {
        return this.#saw(await this.#get(this.kind));
      } catch (error) {
        if (!isMissing(error) || this.#seen) throw error;
        const other = await this.#other(error);
        if (other) return this.#saw(other);
        // A fresh id is sometimes not known everywhere yet.
        if (tries >= FRESH_READS) throw error;
        await delay(waitAfter(tries), { signal: this.#options.signal });
      }
    }
  }

  /**
   * Cancels the job, and tries until that is known to have worked, within a bound: a fresh id may not be
   * known yet, and an answer may be lost. The caller's signal does not count, as the cancel is sent
   * because the caller left.
   */
  async cancel(): Promise<JobRecord> {
    const { signal: _, ...options } = this.#options;
    let requests = 0;
    for (let tries = 1;; tries++) {
      try {
        return this.#saw(await cancelJob(this.#send, this.kind, this.id, options));
      } catch (error) {
        // It worked, and only the answer cannot be read.
        if (error instanceof ApiError && error.status < 300) {
          return await this.#get(this.kind, options);
        }
        requests += (error as { attempts?: number }).attempts ?? 1;
        if (requests >= CANCEL_REQUESTS || !mayWorkLater(error)) throw error;
      }
      await delay(waitAfter(tries));
    }
  }

  #get(kind: JobKind, options: RequestOptions = this.#options): Promise<JobRecord> {
    return getJob(this.#send, kind, this.id, options);
  }

  #saw(job: JobRecord): JobRecord {
    this.kind = kindOfRecord(job);
    this.#sure = this.#seen = true;
    return job;
  }

  /** The job by the other kind's path: the answer to the create of a training looks like a prediction. */
  async #other(error: unknown): Promise<JobRecord | undefined> {
    if (this.#sure) return undefined;
    try {
      return await this.#get(this.kind === "predictions" ? "trainings" : "predictions");
    } catch (second) {
      if (isMissing(second)) return undefined;
      throw this.#options.signal.aborted ? second : error;
    }
  }
}

function waitAfter(tries: number): number {
  return Math.min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT);
}

function mayWorkLater(error: unknown): boolean {
  // A redirect, too, is the word of somebody on the way, and not of the API.
  return isMissing(error) || error instanceof ReplicateError && fateOf(error) !== "refused";
}
