/** The source of a run's events: the server's stream, and the prediction for the rest. */

import { delay } from "@std/async/delay";
import { unlessAborted } from "../base/async.ts";
import { isTerminal } from "../base/job.ts";
import { parsed, readable } from "../base/text.ts";
import { ApiError, ConnectionError } from "../errors.ts";
import type { StreamedAnswer } from "../http/body.ts";
import { EventLists } from "../http/sse.ts";
import type { SseEvent } from "../http/sse_parser.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import type { JobEngine } from "./engine.ts";
import { StreamError } from "./errors.ts";
import { grownBy } from "./events.ts";
import type { JobRecord } from "./reader.ts";
import { RecentIds } from "./recent_ids.ts";
import { eventOf, type RunEvent } from "./run_event.ts";

/** The way that the server's stream ended. */
type Ending = "done" | "failed" | "broken";

/** The polls that a job gets to say itself that it failed, as its stream has said. */
const POLLS = 20;

/** Reads the server's stream, connects again where it is cut, and completes what it lacks. */
export class JobStream {
  readonly #send: Send;
  readonly #job: JobEngine;
  readonly #options: RequestOptions & { signal: AbortSignal };
  /** The ids of the latest events: a stream that is joined again may repeat some. */
  readonly #ids = new RecentIds();
  #lastEventId: string | undefined;
  /** `true` once the server has sent an event. */
  #began = false;
  /** `true` while every event can be told from its double by its id. */
  #exact = true;
  /** The output that the caller has, as text. */
  #delivered = "";
  /** The text of the server's `error` event. */
  #reported = "";

  /** Reads nothing yet. The `signal` of the options aborts when that of the job does. */
  constructor(send: Send, job: JobEngine, options: RequestOptions & { signal: AbortSignal }) {
    this.#send = send;
    this.#job = job;
    this.#options = options;
  }

  /**
   * The events of the job until its end, which is `done` or an error: as many at once as came together,
   * as each one by itself costs three times as much.
   */
  async *lists(): AsyncGenerator<RunEvent[], void, undefined> {
    const unwatch = this.#job.watch();
    try {
      const ending = yield* this.#follow();
      if (ending === "failed") throw await this.#failure();
      if (ending === "broken") yield* this.#remainder();
    } catch (error) {
      // With a stream that broke and a prediction that is gone, this is all that can be known.
      if (!this.#began || !(error instanceof ApiError && error.status === 404)) throw error;
      const said = this.#reported && ` (it reported: ${this.#reported})`;
      throw this.#broken(`the stream broke off, and the prediction is gone${said}`, error);
    } finally {
      unwatch();
    }
  }

  /** The events of the server's stream, and the way that it ended. */
  async *#follow(): AsyncGenerator<RunEvent[], Ending, undefined> {
    const { signal } = this.#options;
    let idle = 0;
    for (let last = false;;) {
      const answer = await this.#connect();
      if (!answer) return "broken";
      const before = this.#lastEventId;
      const events = new EventLists(() => answer);
      try {
        for (let list; (list = await events.next());) {
          signal.throwIfAborted();
          const { told, ending } = this.#takeAll(list);
          if (told.length > 0) yield told;
          if (ending) return ending;
        }
      } catch (error) {
        signal.throwIfAborted();
        // An event too large for the parser: the prediction has all of it.
        if (error instanceof RangeError) return "broken";
        if (!(error instanceof ConnectionError)) throw this.#broken(readable(error), error);
      } finally {
        // Let go also where the caller leaves in the middle of it.
        answer.close();
      }
      // Cut without `done`. Without ids a second stream could not be told from the first one.
      if (!this.#exact || last) return "broken";
      last = isTerminal(await this.#poll());
      idle = this.#lastEventId === before ? idle + 1 : 0;
      // A server cuts a silent stream after 30 s, which is no reason to wait; one that cuts at once is.
      if (idle > 0 && !last) await delay(Math.min(100 * 2 ** idle, 5000), { signal });
    }
  }

  /** The body of the stream; `undefined` where there is none: the prediction has it all. */
  async #connect(): Promise<StreamedAnswer | undefined> {
    const { id, prediction: { urls } } = this.#job;
    if (!urls || !("stream" in urls) || !urls.stream) return undefined;
    try {
      const answer = await this.#send<StreamedAnswer>({
        method: "GET",
        path: urls.stream,
        action: `stream prediction ${id}`,
        as: "reader",
        headers: {
          accept: "text/event-stream",
          "cache-control": "no-store",
          "last-event-id": this.#lastEventId,
        },
        options: this.#options,
      });
      const type = answer.headers.get("content-type") ?? "";
      if (/^text\/event-stream\b/i.test(type)) return answer;
      answer.close();
    } catch (error) {
      const unavailable = error instanceof ApiError || error instanceof ConnectionError;
      if (this.#options.signal.aborted || !unavailable) throw error;
    }
    return undefined;
  }

  /** The events for the caller, and the end of the stream if it is among them. */
  #takeAll(events: readonly SseEvent[]): { told: RunEvent[]; ending?: Ending } {
    const told: RunEvent[] = [];
    for (const event of events) {
      const taken = this.#take(event);
      if (taken === "failed") return { told, ending: taken };
      if (taken) told.push(taken);
      if (taken?.event === "done") return { told, ending: "done" };
    }
    return { told };
  }

  /** The meaning of an event: one for the caller, the failure of the job, or nothing. */
  #take({ event, data, id }: SseEvent): RunEvent | "failed" | undefined {
    if (id !== undefined) {
      if (!this.#ids.add(id)) return undefined;
      this.#lastEventId = id;
    }
    this.#began = true;
    if (event === "error") {
      this.#reported = readable(parsed(data) ?? data);
      return "failed";
    }
    if (event === "done" && (parsed(data) as { reason?: unknown } | undefined)?.reason) {
      return "failed";
    }
    if (event === "output") {
      if (data === "") return undefined;
      this.#exact &&= id !== undefined;
      this.#delivered += data;
    } else if (event !== "logs" && event !== "done") return undefined;
    return eventOf(event, data, id);
  }

  /** The rest that the stream did not deliver, as the prediction grows, and the end. */
  async *#remainder(): AsyncGenerator<RunEvent[], void, undefined> {
    let logs = "";
    for await (const record of this.#job.changes(this.#options.signal)) {
      const known = logs;
      logs = record.logs ?? known;
      const more = grownBy(known, logs);
      if (more !== "" && !this.#began) yield [eventOf("logs", more)];

      const items = itemsOf(record);
      if (items?.join("").startsWith(this.#delivered)) {
        let had = this.#delivered.length;
        for (const item of items) {
          const data = item.slice(had);
          had = Math.max(0, had - item.length);
          if (data === "") continue;
          this.#delivered += data;
          yield [eventOf("output", data)];
        }
      } else if (items && isTerminal(record)) {
        throw this.#broken("the stream broke off, and its text is not that of the output");
      }
    }
    this.#job.result();
    yield [eventOf("done", "{}")];
  }

  /** The error of a job that its stream calls failed: the job's own, where there is one. */
  async #failure(): Promise<Error> {
    const job = this.#job;
    for (let polls = 0; polls < POLLS && !isTerminal(await this.#poll()); polls++) {
      await delay(Math.min(50 * 2 ** polls, 1000), this.#options);
    }
    const failure = isTerminal(job.prediction) ? job.failure() : undefined;
    return failure ?? this.#broken(this.#reported || "the stream reported an error");
  }

  /** Polls the job. A job that was handed in has a signal of its own, and would not be let go at once. */
  async #poll(): Promise<JobRecord> {
    return await unlessAborted(this.#job.poll(), this.#options.signal);
  }

  #broken(why: string, cause?: unknown): StreamError {
    const { id, prediction } = this.#job;
    return new StreamError(`Cannot stream prediction ${id}: ${why}`, {
      lastEventId: this.#lastEventId,
      prediction,
      cause,
    });
  }
}

/** The output as the stream would send it; `undefined` where there is none yet. */
function itemsOf({ output, status }: JobRecord): string[] | undefined {
  if (output === null || output === undefined) return undefined;
  if (Array.isArray(output)) return output.map(asText);
  // Text and lists grow; anything else counts only at its end.
  return typeof output === "string" || status === "succeeded" ? [asText(output)] : undefined;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
