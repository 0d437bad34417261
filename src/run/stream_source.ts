/** Where the events of a run come from: the server's stream, and the prediction for what it lacks. */

import { delay } from "@std/async/delay";
import { discard } from "../body.ts";
import { ApiError, ConnectionError } from "../errors.ts";
import { readable } from "../words.ts";
import type { RequestOptions, Send } from "../request.ts";
import { isTerminal } from "../job_status.ts";
import { parseSse, type SseEvent } from "../sse.ts";
import { Delivered, EventIds } from "./delivered.ts";
import { StreamError } from "./errors.ts";
import type { JobEngine } from "./engine.ts";
import type { JobRecord } from "./poll.ts";

/** What a stream tells, by `event`. Its fields are those of the server's own events. */
export type RunEvent =
  | { event: "output"; /** Text, or the URL of a file. */ data: string; id?: string }
  | { event: "logs"; data: string; id?: string }
  | { event: "done"; /** JSON: `{}` */ data: string; id?: string };

/** How the server's stream ended. */
type Ending = "done" | "failed" | "broken";

/** How many looks a job that its stream calls failed gets to say so itself. */
const LOOKS = 20;

/** The events of a job until its end, which is `done` or an error. */
export async function* jobEvents(
  send: Send,
  job: JobEngine,
  options: RequestOptions,
): AsyncGenerator<RunEvent, void, undefined> {
  const unwatch = job.watch();
  const follower = new Follower(send, job, options);
  try {
    const ending = yield* follower.events();
    if (ending === "done") return;
    if (ending === "failed") throw await failure(job, follower);
    yield* remainder(job, follower);
  } catch (error) {
    // With a stream that broke and a prediction that is gone, this is all that can be known.
    if (!follower.began || !(error instanceof ApiError && error.status === 404)) throw error;
    throw broken(job, follower, "the stream broke off, and the prediction is gone", error);
  } finally {
    unwatch();
  }
}

/** Reads the server's stream, and connects again where it is cut. */
class Follower {
  /** The output that the caller has. */
  readonly delivered = new Delivered();
  /** What an `error` event said. */
  reported = "";
  lastEventId: string | undefined;
  /** Whether the server ever sent an event. */
  began = false;
  readonly #ids = new EventIds();
  readonly #send: Send;
  readonly #job: JobEngine;
  readonly #options: RequestOptions;
  /** Whether every event so far can be told from its double by its id. */
  #exact = true;

  constructor(send: Send, job: JobEngine, options: RequestOptions) {
    this.#send = send;
    this.#job = job;
    this.#options = options;
  }

  async *events(): AsyncGenerator<RunEvent, Ending, undefined> {
    const { urls } = this.#job.prediction;
    const url = urls && "stream" in urls ? urls.stream : undefined;
    if (!url) return "broken";
    let idle = 0;
    for (let last = false;;) {
      const response = await this.#connect(url);
      if (!response?.body) return "broken";
      const before = this.lastEventId;
      try {
        for await (const event of parseSse(response.body)) {
          const ending = this.#take(event);
          if (typeof ending === "string") return ending;
          if (ending) yield ending;
          if (event.event === "done") return "done";
        }
      } catch (error) {
        if (this.#job.signal.aborted) throw error;
        if (!(error instanceof ConnectionError)) {
          throw broken(this.#job, this, readable(error), error);
        }
      }
      // Cut without `done`. Without ids a second stream could not be told from the first one.
      if (!this.#exact || last) return "broken";
      last = isTerminal(await this.#job.look());
      idle = this.lastEventId === before ? idle + 1 : 0;
      // A server cuts a silent stream after 30 s, which is no reason to wait; one that cuts at once is.
      if (idle > 0 && !last) {
        await delay(Math.min(100 * 2 ** idle, 5000), { signal: this.#job.signal });
      }
    }
  }

  /** The stream; `undefined` where there is none to be had, for the prediction has it all. */
  async #connect(url: string): Promise<Response | undefined> {
    try {
      const response = await this.#send<Response>({
        method: "GET",
        path: url,
        action: `stream prediction ${this.#job.id}`,
        as: "response",
        headers: {
          accept: "text/event-stream",
          "cache-control": "no-store",
          "last-event-id": this.lastEventId,
        },
        options: { ...this.#options, signal: this.#job.signal },
      });
      const type = response.headers.get("content-type") ?? "";
      if (/^text\/event-stream\b/i.test(type)) return response;
      discard(response);
      return undefined;
    } catch (error) {
      if (this.#job.signal.aborted) throw error;
      if (error instanceof ApiError || error instanceof ConnectionError) return undefined;
      throw error;
    }
  }

  /** What an event means: something to tell, the end, or nothing. */
  #take({ event, data, id }: SseEvent): RunEvent | Ending | undefined {
    if (id !== undefined) {
      if (!this.#ids.add(id)) return undefined;
      this.lastEventId = id;
    }
    this.began = true;
    const more = id === undefined ? {} : { id };
    switch (event) {
      case "output":
        if (data === "") return undefined;
        if (id === undefined) this.#exact = false;
        this.delivered.add(data);
        return { event, data, ...more };
      case "logs":
        return { event, data, ...more };
      case "error":
        this.reported = data;
        return "failed";
      case "done":
        return reasonOf(data) ? "failed" : { event, data, ...more };
      default:
        return undefined;
    }
  }
}

/** What the prediction has and the stream did not deliver, as it grows, and the end. */
async function* remainder(
  job: JobEngine,
  { delivered, began, lastEventId }: Follower,
): AsyncGenerator<RunEvent, void, undefined> {
  let logs = began ? undefined : "";
  for await (const record of job.changes()) {
    if (logs !== undefined && record.logs?.startsWith(logs) && record.logs !== logs) {
      yield { event: "logs", data: record.logs.slice(logs.length) };
      logs = record.logs;
    }
    const items = itemsOf(record);
    const fresh = items && delivered.rest(items);
    if (fresh === undefined && items && isTerminal(record)) {
      throw new StreamError(
        `Cannot stream prediction ${job.id}: the stream broke off, and its text is not that of the output`,
        { lastEventId, prediction: record },
      );
    }
    for (const data of fresh ?? []) {
      delivered.add(data);
      yield { event: "output", data };
    }
  }
  job.result();
  yield { event: "done", data: "{}" };
}

/** The output as the stream would tell it; `undefined` where there is none yet. */
function itemsOf({ output, status }: JobRecord): string[] | undefined {
  if (output === null || output === undefined) return undefined;
  if (Array.isArray(output)) return output.map(textOf);
  // Text and lists grow; of anything else only the end is told.
  return typeof output === "string" || status === "succeeded" ? [textOf(output)] : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The stream says that the job failed: what the job says itself. */
async function failure(job: JobEngine, follower: Follower): Promise<Error> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const record = await job.look();
    if (record.status === "succeeded") break;
    const failure = isTerminal(record) && job.failure();
    if (failure) return failure;
    await delay(Math.min(50 * 2 ** looks, 1000), { signal: job.signal });
  }
  return broken(job, follower, reportOf(follower) || "the stream reported an error");
}

function broken(job: JobEngine, follower: Follower, why: string, cause?: unknown): StreamError {
  const said = reportOf(follower);
  const reason = said && !why.includes(said) ? `${why} (it reported: ${said})` : why;
  return new StreamError(`Cannot stream prediction ${job.id}: ${reason}`, {
    lastEventId: follower.lastEventId,
    prediction: job.prediction,
    cause,
  });
}

function reportOf({ reported }: Follower): string {
  try {
    return readable(JSON.parse(reported));
  } catch {
    return reported;
  }
}

/** Why a stream is done: nothing for success. */
function reasonOf(data: string): string | undefined {
  try {
    const reason = JSON.parse(data)?.reason;
    return typeof reason === "string" && reason !== "" ? reason : undefined;
  } catch {
    return undefined;
  }
}
