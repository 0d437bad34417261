/** Reading and canceling a job. */

import { delay } from "@std/async/delay";
import { LONGEST_TIMER } from "../base/clock.ts";
import { type Duration, toMs } from "../base/duration.ts";
import type { JobKind } from "../base/job.ts";
import { isApiError, ReplicateError } from "../errors.ts";
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

/** The milliseconds of an option that sets a timer. A longer one than runtimes know would fire at once. */
export function timerMs(
  time: Duration | undefined,
  option: string,
  minimum = 0,
): number | undefined {
  return time === undefined ? undefined : Math.min(toMs(time, option, minimum), LONGEST_TIMER);
}

/** The job to read, and the way to read it. */
export interface JobReaderInit {
  id: string;
  /** The kind. Default `"predictions"`. */
  kind?: JobKind | undefined;
  request: JobRequestOptions;
}

/** The options of the requests for a job, whose signal also ends the waits between them. */
type JobRequestOptions = RequestOptions & { signal: AbortSignal };

/** Reads a job, and cancels it. */
export class JobReader {
  readonly id: string;
  kind: JobKind;
  readonly #send: Send;
  readonly #options: JobRequestOptions;
  /** `true` once an answer has shown it. */
  #seen = false;

  constructor(send: Send, { id, kind = "predictions", request }: JobReaderInit) {
    this.#send = send;
    this.#options = request;
    this.id = id;
    this.kind = kind;
  }

  /**
   * The job as it is now. A 404 may only mean that it is fresh.
   *
   * @param elsewhere Called with a 404, to look for it somewhere else.
   */
  async get(
    elsewhere?: (error: unknown) => Promise<JobRecord | undefined>,
  ): Promise<JobRecord> {
    for (let tries = 1;; tries++) {
      try {
        return this.#saw(await this.#get(this.#options));
      } catch (error) {
        if (!isMissing(error) || this.#seen) throw error;
        const found = await elsewhere?.(error);
        if (found) return this.#saw(found);
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
        if (isApiError(error) && error.status < 300) {
          return await this.#get(options);
        }
        requests += (error as { attempts?: number }).attempts ?? 1;
        if (requests >= CANCEL_REQUESTS || !mayWorkLater(error)) throw error;
      }
      await delay(waitAfter(tries));
    }
  }

  #get(options: RequestOptions): Promise<JobRecord> {
    return getJob(this.#send, this.kind, this.id, options);
  }

  #saw(job: JobRecord): JobRecord {
    this.#seen = true;
    return job;
  }
}

function waitAfter(tries: number): number {
  return Math.min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT);
}

function mayWorkLater(error: unknown): boolean {
  // A redirect, too, is the word of somebody on the way, and not of the API.
  return isMissing(error) || error instanceof ReplicateError && fateOf(error) !== "refused";
}
