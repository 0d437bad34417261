/** The source of a run's events: the server's stream, and the prediction for the rest. */

import { delay } from "@std/async/delay";
import type { Lists } from "../base/flatten.ts";
import { unlessAborted } from "../base/async.ts";
import { isTerminal } from "../base/job.ts";
import { parsed, readable } from "../base/text.ts";
import { ApiError, ConnectionError } from "../errors.ts";
import type { StreamedAnswer } from "../http/body.ts";
import { EventLists, type Make } from "../http/sse.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { isMissing } from "../resources/missing.ts";
import type { JobEngine } from "./engine.ts";
import { StreamError } from "./errors.ts";
import { grownBy } from "./events.ts";
import type { JobRecord } from "./reader.ts";
import { orderOf, RecentIds } from "./recent_ids.ts";
import { eventOf, type RunEvent } from "./run_event.ts";

/** The way that the server's stream ended. */
type Ending = "done" | "failed" | "broken";

/** The polls that a job gets to say itself that it failed, as its stream has said. */
const POLLS = 20;

/** Reads the server's stream, connects again where it is cut, and completes what it lacks. */
export class JobStream implements Lists<RunEvent> {
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
  /** The stream that is open, and the events in it. */
  #answer: StreamedAnswer | undefined;
  #events: EventLists<RunEvent> | undefined;
  #ending: Ending | undefined;
  /** The last id before the stream was opened, and the number of streams in a row that brought none. */
  #before: string | undefined;
  #idle = 0;
  /** `true` if the job had ended before the stream was opened. */
  #last = false;
  #rest: AsyncGenerator<RunEvent[], void, undefined> | undefined;
  #unwatch: (() => void) | undefined;

  /** Reads nothing yet. The `signal` of the options aborts when that of the job does. */
  constructor(send: Send, job: JobEngine, options: RequestOptions & { signal: AbortSignal }) {
    this.#send = send;
    this.#job = job;
    this.#options = options;
  }

  /**
   * The next events of the job, as many at once as came together; `undefined` after `done`. Not a
   * generator, as generators within generators took half of the time of an event that comes alone.
   */
  async next(): Promise<readonly RunEvent[] | undefined> {
    this.#unwatch ??= this.#job.watch();
    try {
      while (!this.#ending) {
        const events = this.#events ?? await this.#begin();
        if (!events) continue;
        let list: readonly RunEvent[] | undefined;
        try {
          list = await events.next();
        } catch (error) {
          this.#hear(error);
        }
        this.#options.signal.throwIfAborted();
        if (!list) await this.#rejoin();
        else if (list.length > 0) return list;
      }
      this.#letGo();
      if (this.#ending === "failed") throw await this.#failure();
      const rest = this.#ending === "broken" && (this.#rest ??= this.#remainder());
      const step = rest && await rest.next();
      if (step && !step.done) return step.value;
      this.#unwatch();
      return undefined;
    } catch (error) {
      this.#close();
      throw this.#judged(error);
    }
  }

  /**
   * Gives the events of the next piece to `take`, or calls `rest`, where it takes `next()` to get them. Without
   * a promise of each layer, an event that comes alone takes Deno five sixths of the time.
   *
   * @returns The result of either; `undefined` where no stream is open.
   */
  nextPiece<T>(
    take: (events: readonly RunEvent[]) => T,
    rest: () => Promise<T>,
  ): Promise<T> | undefined {
    const events = this.#events;
    if (this.#ending || !events?.isIdle) return undefined;
    // After an error too: it is there for the next read.
    return this.#answer?.read().then((piece) => {
      const list = piece === undefined ? undefined : events.take(piece);
      return list?.length && !this.#options.signal.aborted ? take(list) : rest();
    }, rest);
  }

  /** Lets the stream go, read to its end or not. */
  async close(): Promise<void> {
    this.#close();
    await this.#rest?.return();
  }

  #close(): void {
    this.#letGo();
    this.#unwatch?.();
  }

  #letGo(): void {
    this.#answer?.close();
    this.#answer = this.#events = undefined;
  }

  /** With a stream that broke and a prediction that is gone, what was heard is all that can be known. */
  #judged(error: unknown): unknown {
    if (!this.#began || !isMissing(error)) return error;
    const said = this.#reported && ` (it reported: ${this.#reported})`;
    return this.#broken(`the stream broke off, and the prediction is gone${said}`, error);
  }

  /** Opens the server's stream. Without one, the prediction is all there is. */
  async #begin(): Promise<EventLists<RunEvent> | undefined> {
    const answer = await this.#connect();
    if (!answer) {
      this.#ending = "broken";
      return undefined;
    }
    this.#answer = answer;
    this.#before = this.#lastEventId;
    return this.#events = new EventLists(() => answer, this.#take, { orderOf });
  }

  /** Judges an error of the stream. A connection that was lost is as good as one that was cut. */
  #hear(error: unknown): void {
    this.#options.signal.throwIfAborted();
    // An event too large for the parser: the prediction has all of it.
    if (error instanceof RangeError) this.#ending = "broken";
    else if (!(error instanceof ConnectionError)) throw this.#broken(readable(error), error);
  }

  /** Decides how to go on after a stream that was cut without `done`. */
  async #rejoin(): Promise<void> {
    this.#letGo();
    if (this.#ending) return;
    // Without ids a second stream could not be told from the first one.
    if (!this.#exact || this.#last) {
      this.#ending = "broken";
      return;
    }
    this.#last = isTerminal(await this.#poll());
    this.#idle = this.#lastEventId === this.#before ? this.#idle + 1 : 0;
    // A server cuts a silent stream after 30 s, which is no reason to wait; one that cuts at once is.
    if (this.#idle > 0 && !this.#last) {
      await delay(Math.min(100 * 2 ** this.#idle, 5000), { signal: this.#options.signal });
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

  /** The event for the caller, if it is one. After the end there are none. */
  readonly #take: Make<RunEvent> = (event, data, id, order) => {
    if (this.#ending) return undefined;
    if (id !== undefined) {
      if (!this.#ids.add(id, order)) return undefined;
      this.#lastEventId = id;
    }
    this.#began = true;
    switch (event) {
      case "output":
        if (data === "") return undefined;
        this.#exact &&= id !== undefined;
        this.#delivered += data;
        return eventOf(event, data, id);
      case "logs":
        return eventOf(event, data, id);
      case "error":
        this.#reported = readable(parsed(data) ?? data);
        this.#ending = "failed";
        return undefined;
      case "done": {
        const { reason } = (parsed(data) ?? {}) as { reason?: unknown };
        this.#ending = reason ? "failed" : "done";
        return reason ? undefined : eventOf(event, data, id);
      }
    }
    return undefined;
  };

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
