/** The events of a run, in each form in which a caller can read them. */

import { checkKeys, choice } from "../base/check.ts";
import type { Duration } from "../base/duration.ts";
import { Flattened } from "../base/flatten.ts";
import { heartbeatOf, streamResponse, textStream } from "../http/sse_response.ts";
import { meterOf } from "../resources/metered.ts";
import type { RunContext } from "./create.ts";
import { type ErrorFormat, eventTexts, plainTexts } from "./event_text.ts";
import { JobStream } from "./job_stream.ts";
import type { RunEvent } from "./run_event.ts";
import { Lease } from "./lease.ts";
import type { Ref } from "./ref.ts";
import type { ResumeOptions } from "./resume.ts";
import {
  openJob,
  seeEnd,
  type StreamedJob,
  type StreamOptions,
  type StreamSource,
} from "./streamed_job.ts";

/** The form in which events are written as bytes. */
export interface StreamFormat extends ErrorFormat {
  /** `"events"` are server-sent events, the default; `"text"` is the output's text alone. */
  as?: "events" | "text" | undefined;
  /**
   * The time after which a silent stream of events gets a comment, so that nothing in between cuts it while
   * a model boots. Default `"15s"`; `null` is never.
   */
  heartbeat?: Duration | null | undefined;
}

const FORMAT: readonly string[] = ["as", "heartbeat", "showErrors", "onError"];
/** The options of a `Response`, with those of Workers. */
const RESPONSE_INIT = ["status", "statusText", "headers", "cf", "encodeBody", "webSocket"];

/**
 * The events of a run, as they come. A stream can be read once, in one of its forms.
 *
 * Leaving early cancels a job that the stream created; one that existed before goes on. A stream ends
 * with `done`, or throws: `PredictionError` if the job did not succeed, `StreamError` if the stream
 * broke and could not be completed.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * async function* run() {
 *   yield* ["Rain", " taps"];
 * }
 * await using fake = new FakeReplicate({ models: { "acme/poet": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * let poem = "";
 * for await (const text of client.stream("acme/poet", { input: {} }).text()) poem += text;
 * assertEquals(poem, "Rain taps");
 * ```
 */
export class EventStream<R extends Ref = Ref> implements AsyncIterable<RunEvent>, AsyncDisposable {
  readonly #context: RunContext;
  readonly #what: R | StreamSource;
  readonly #options: StreamOptions<R> | ResumeOptions;
  readonly #lease = new Lease();
  #used = false;

  /** Streams come from `client.stream()`. */
  constructor(
    context: RunContext,
    what: R | StreamSource,
    options: StreamOptions<R> | ResumeOptions = {},
  ) {
    this.#context = context;
    this.#what = what;
    this.#options = options;
  }

  /** Every event, `done` last. */
  [Symbol.asyncIterator](): AsyncGenerator<RunEvent, void, undefined> {
    return this.#flattened((events) => events);
  }

  /**
   * A stream cannot be awaited: it would send nothing, in silence. Read it with `for await`, its text with
   * `.text()`, or hand it on with `.toResponse()`.
   *
   * @throws {TypeError} Always.
   */
  then<A = never, B = never>(
    onFulfilled?: ((value: never) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const message =
      "Cannot await a stream: read it with `for await (const event of stream)`, or its text with .text()";
    return Promise.reject(new TypeError(message)).then(onFulfilled, onRejected);
  }

  /** The text of the output, piece by piece. */
  text(): AsyncGenerator<string, void, undefined> {
    return this.#flattened(outputTexts);
  }

  /** The events as bytes. Canceling the stream leaves the run. */
  toReadableStream(format: StreamFormat = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    checkKeys(format, FORMAT, "stream a run");
    const isText = choice(format.as ?? "events", ["events", "text"], "as") === "text";
    const beat = isText ? undefined : heartbeatOf(format.heartbeat);
    let hasLeft = false;
    const leave = (): void => {
      hasLeft = true;
      this.#lease.leave();
    };
    // Who aborts, or goes, knows why.
    const isExpected = (error: unknown): boolean =>
      hasLeft || error === this.#options.signal?.reason;
    const texts = isText
      ? plainTexts(this.text(), format, isExpected)
      : eventTexts(this, format, isExpected);
    return textStream(texts, leave, beat);
  }

  /**
   * An HTTP answer that streams. When its reader disconnects, the run is left, and so canceled.
   *
   * An error becomes an `error` event with `{ "detail": ... }`, followed by `done` with
   * `{ "reason": "error" }`; in an answer of plain text, it breaks the answer off. Visitors get the reason
   * that the model itself gives, and nothing about the account: see `showErrors`.
   */
  toResponse(options: ResponseInit & StreamFormat = {}): Response {
    checkKeys(options, [...FORMAT, ...RESPONSE_INIT], "answer with the stream of a run");
    const { as, heartbeat, showErrors, onError, ...init } = options;
    const type = as === "text" ? "text/plain" : "text/event-stream";
    const body = this.toReadableStream({ as, heartbeat, showErrors, onError });
    return streamResponse(body, { ...init, type });
  }

  /** Leaves the run. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#lease.leave();
    return Promise.resolve();
  }

  /** The items that lists of events become, one by one, as a loop of a caller asks for them. */
  #flattened<T>(
    map: (events: readonly RunEvent[]) => readonly T[],
  ): AsyncGenerator<T, void, undefined> {
    if (this.#used) throw new TypeError("Cannot read a stream twice: its events are gone");
    this.#used = true;
    let stream: JobStream | undefined;
    let job: StreamedJob | undefined;
    let reading: Promise<unknown> | undefined;
    let ended = false;
    const next = async (): Promise<readonly T[] | undefined> => {
      const { signal } = this.#lease;
      try {
        if (!stream) {
          job = await openJob(this.#context, this.#what, this.#options, this.#lease);
          stream = this.#streamOf(job);
        }
        const events = await stream.next();
        if (events) return map(events);
        ended = true;
        if (this.#isMetered) await seeEnd(job!.engine, signal);
        job?.release(true);
        return undefined;
      } catch (error) {
        job?.release(ended);
        // Who leaves hears why, and not what broke because of it.
        signal.throwIfAborted();
        throw error;
      }
    };
    return new Flattened<T>({
      next: () => {
        const promise = stream?.nextPiece<readonly T[] | undefined>(map, next) ?? next();
        reading = promise;
        return promise;
      },
      close: async () => {
        // A read that is under way ends first, as it does in a generator.
        await reading?.catch(() => {});
        await stream?.close();
        job?.release(false);
      },
    }, this.#lease.signal);
  }

  get #isMetered(): boolean {
    return meterOf(this.#context.send, (this.#options as StreamOptions).meter) !== undefined;
  }

  #streamOf({ engine }: StreamedJob): JobStream {
    const { retry, headers } = this.#options;
    const { signal } = this.#lease;
    return new JobStream(this.#context.send, engine, { retry, headers, signal });
  }
}

/** The pieces of the output. */
function outputTexts(events: readonly RunEvent[]): string[] {
  return events.filter(({ event }) => event === "output").map(({ data }) => data);
}
