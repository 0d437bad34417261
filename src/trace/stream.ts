/** Streams, with a span from their first event to their end. */

import { within } from "../base/async.ts";
import type { Middleware } from "../http/options.ts";
import type { EventStream } from "../run/event_stream.ts";
import type { Ref } from "../run/ref.ts";
import type { ResumeOptions } from "../run/resume.ts";
import type { RunEvent } from "../run/run_event.ts";
import type { StreamOptions, StreamSource } from "../run/streamed_job.ts";
import type { JobRecord } from "../run/reader.ts";
import type { TraceClient } from "./client.ts";
import { handedOn, listening } from "./listening.ts";
import { savedTraceparent } from "./parent.ts";
import { modelOf, RunSpan, subjectOf } from "./run_span.ts";
import type { TraceOptions } from "./types.ts";

/** The longest wait for the metrics of a run whose stream has ended, in milliseconds. */
const PATIENCE = 2000;

/** The events of a run. The span begins with the first one that is asked for, as the run does. */
export function streamTraced(
  client: TraceClient,
  options: TraceOptions,
  what: Ref | StreamSource,
  more: StreamOptions | ResumeOptions | undefined,
): EventStream {
  const source = sourceOf(what);
  const seen: Seen = { id: source?.id, span: undefined };
  const heard = listening(watching(client, seen), (step) => seen.span?.step(step));
  const streamOptions = { ...more } as StreamOptions;
  const stream = heard.stream(what, streamOptions);
  const ref = source ? modelOf(source) : what as Ref;
  const start = (): RunSpan =>
    RunSpan.start(
      options,
      subjectOf(client, ref, streamOptions, source && savedTraceparent(source)),
      (span) => span,
    );
  const iterator = stream[Symbol.asyncIterator];
  const events = (): AsyncGenerator<RunEvent, void, undefined> => {
    const inner = iterator.call(stream);
    return spanned(() => {
      const span = seen.span = start();
      span.input(streamOptions.input);
      // Not before there is a span; the stream reads its options with the first event.
      Object.assign(streamOptions, handedOn(streamOptions, span));
      return { inner, span };
    }, () => finalOf(client, seen.id));
  };
  // Every other form of the stream reads it through one of these.
  return Object.defineProperties(stream, {
    [Symbol.asyncIterator]: { value: events },
    text: { value: () => textsOf(events()) },
  });
}

async function* textsOf(
  events: AsyncIterable<RunEvent>,
): AsyncGenerator<string, void, undefined> {
  for await (const { event, data } of events) if (event === "output") yield data;
}

/** The run of a stream, as far as it is known. */
interface Seen {
  id: string | undefined;
  span: RunSpan | undefined;
}

async function* spanned(
  open: () => { inner: AsyncGenerator<RunEvent, void, undefined>; span: RunSpan },
  final: () => Promise<JobRecord | undefined>,
): AsyncGenerator<RunEvent, void, undefined> {
  const { inner, span } = open();
  let began = false;
  try {
    for await (const event of inner) {
      if (event.event === "output" && !began) {
        began = true;
        span.firstOutput();
      }
      // A program may end with the stream: the span has to be whole before that.
      if (event.event === "done") span.end(await final());
      yield event;
    }
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.leave(undefined);
  }
}

/** The job of a stream that is not of a ref. */
function sourceOf(what: Ref | StreamSource): JobRecord | undefined {
  if (typeof what !== "object" || !("id" in what)) return undefined;
  return "prediction" in what ? what.prediction : what;
}

/** The client with a step that reads the id in the answer to a create, as a stream does not tell it. */
function watching(client: TraceClient, seen: Seen): TraceClient {
  const { middleware = [] } = client.options;
  const step: Middleware = async (request, next) => {
    const response = await next(request);
    if (response.status === 201 && /\/predictions$/.test(new URL(request.url).pathname)) {
      const { id } = await response.clone().json() as { id?: string };
      seen.id = id;
    }
    return response;
  };
  return client.with({ middleware: [...middleware, step] });
}

/** The job as it ended, with its metrics: the events have none. */
async function finalOf(
  client: TraceClient,
  id: string | undefined,
): Promise<JobRecord | undefined> {
  if (id === undefined) return undefined;
  const stop = new AbortController();
  try {
    const job = await client.resume(id, undefined, { signal: stop.signal });
    await within(PATIENCE, job.output());
    return job.prediction;
  } catch {
    return undefined;
  } finally {
    stop.abort();
  }
}
