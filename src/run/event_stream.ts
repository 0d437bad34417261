import { onAbort } from "../base/async.ts";
import { readable } from "../base/text.ts";
import { encodeEvent } from "../http/sse.ts";
import type { JobEngine } from "./engine.ts";
import { engineOf, Job } from "./job.ts";
import { JobStream, type RunEvent } from "./job_stream.ts";
import type { JobRecord } from "./reader.ts";
import type { Ref } from "./ref.ts";
import { type RunContext, startJob, type StartOptions } from "./start.ts";
import { resumeJob, type ResumeOptions } from "./wait.ts";

export type { RunEvent };

/** What `stream` takes to run a model. */
export type StreamOptions<R extends Ref = Ref> = StartOptions<R>;

/** What else `stream` takes: something that runs already. */
export type StreamSource = Job | JobRecord;

/** How events are written as bytes. */
export interface StreamFormat {
  /** `"events"`: as server-sent events, the default; `"text"`: the output's text alone. */
  as?: "events" | "text";
}

/**
 * The events of a run, as they come. It can be read once, in one of its forms.
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
  readonly #options: Partial<StreamOptions<R>> & ResumeOptions;
  readonly #controller = new AbortController();
  #used = false;

  /** Streams come from `client.stream()`. */
  constructor(
    context: RunContext,
    what: R | StreamSource,
    options: StreamOptions<R> | ResumeOptions = {},
  ) {
    this.#context = context;
    this.#what = what;
    this.#options = options as Partial<StreamOptions<R>> & ResumeOptions;
  }

  /** Every event, `done` last. */
  [Symbol.asyncIterator](): AsyncGenerator<RunEvent, void, undefined> {
    if (this.#used) throw new TypeError("Cannot read a stream twice: its events are gone");
    this.#used = true;
    return this.#events();
  }

  /** The text of the output, piece by piece. */
  text(): AsyncGenerator<string, void, undefined> {
    return outputOf(this);
  }

  /** The events as bytes. Canceling the stream leaves the run. */
  toReadableStream({ as = "events" }: StreamFormat = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    const events = this[Symbol.asyncIterator]();
    const texts = as === "text" ? outputOf(events) : encodedOf(events);
    const encoder = new TextEncoder();
    return new ReadableStream({
      async pull(sink): Promise<void> {
        const { done, value } = await texts.next();
        done ? sink.close() : sink.enqueue(encoder.encode(value));
      },
      cancel: async (): Promise<void> => {
        // A generator that waits for the server hears of `return` only after that; a signal, at once.
        this.#controller.abort();
        await texts.return().catch(() => {});
      },
    }, { highWaterMark: 0 });
  }

  /**
   * An HTTP answer that streams. When the client disconnects, the run is left, and so canceled.
   *
   * As events, an error is an `error` event with `{ "detail": ... }`, and `done` with
   * `{ "reason": "error" }`; as text it breaks the answer off.
   */
  toResponse({ as = "events", headers, ...init }: ResponseInit & StreamFormat = {}): Response {
    const result = new Headers(headers);
    const type = as === "events" ? "text/event-stream" : "text/plain";
    if (!result.has("content-type")) result.set("content-type", `${type}; charset=utf-8`);
    if (!result.has("cache-control")) result.set("cache-control", "no-store");
    // Else nginx collects the events, and sends them all at the end.
    result.set("x-accel-buffering", "no");
    return new Response(this.toReadableStream({ as }), { ...init, headers: result });
  }

  /** Leaves the run. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort();
    return Promise.resolve();
  }

  async *#events(): AsyncGenerator<RunEvent, void, undefined> {
    const { retry, headers } = this.#options;
    const controller = this.#controller;
    const { signal } = controller;
    const abortWith = (other: AbortSignal | undefined): () => void =>
      onAbort(other, () => controller.abort(other?.reason));
    const unlisten = [abortWith(this.#options.signal)];
    let job: JobEngine | undefined;
    let ended = false;
    try {
      signal.throwIfAborted();
      job = await this.#job();
      unlisten.push(abortWith(job.signal));
      yield* new JobStream(this.#context.send, job, { retry, headers, signal }).events();
      ended = true;
    } finally {
      for (const stop of unlisten) stop();
      // A job that was handed in is its owner's to leave.
      if (job && !(this.#what instanceof Job)) ended ? job.detach() : job.leave();
    }
  }

  async #job(): Promise<JobEngine> {
    const what = this.#what;
    if (what instanceof Job) return engineOf(what);
    const options = { ...this.#options, signal: this.#controller.signal };
    if (typeof what === "object" && "id" in what) {
      return await resumeJob(this.#context.send, what, options);
    }
    return await startJob(this.#context, what as R, options as StreamOptions<R>);
  }
}

async function* outputOf(
  events: AsyncIterable<RunEvent>,
): AsyncGenerator<string, void, undefined> {
  for await (const { event, data } of events) if (event === "output") yield data;
}

async function* encodedOf(
  events: AsyncIterable<RunEvent>,
): AsyncGenerator<string, void, undefined> {
  try {
    for await (const { event, data, id } of events) yield encodeEvent(event, data, id);
  } catch (error) {
    // Who reads events is told in one, as a broken connection says nothing.
    yield encodeEvent("error", JSON.stringify({ detail: readable(error) })) +
      encodeEvent("done", JSON.stringify({ reason: "error" }));
  }
}
