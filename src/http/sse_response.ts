/** HTTP answers that stream text as it is made: those of `EventStream`, and those of the door serve. */

import { type Duration, toMs } from "../base/duration.ts";

/** Texts that are made one by one, as a generator makes them. */
type Texts = AsyncGenerator<string, void, undefined>;

/** The head of an answer that streams. */
export interface StreamInit extends ResponseInit {
  /** The media type, for an answer whose `headers` have none. Default: that of server-sent events. */
  type?: string;
}

/** The comment that an event stream begins with, so that its reader and all in between see that it is there. */
const GREETING = ": hi\n\n";
/** The comment of an event stream that has nothing to tell. */
const BEAT = ":\n\n";

/**
 * The milliseconds between two comments of a silent stream; `undefined` for none.
 *
 * Proxies cut a connection that is silent for a minute, and a model may take longer than that to boot.
 *
 * @throws {RangeError} If it cannot be used.
 */
export function heartbeatOf(heartbeat: Duration | null = 15_000): number | undefined {
  return heartbeat === null ? undefined : toMs(heartbeat, "heartbeat", 1);
}

/**
 * Text as bytes: each piece is made when the reader asks for it.
 *
 * @param leave Called when the reader goes. It has to end whatever the generator waits for.
 * @param heartbeat The milliseconds after which a silent stream of events gets a comment.
 */
export function textStream(
  texts: Texts,
  leave: () => void,
  heartbeat?: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let greeting = heartbeat === undefined ? "" : GREETING;
  /** The next text, which may outlast several beats. */
  let next: Promise<IteratorResult<string, void>> | undefined;
  let stop = (): void => {};
  const beat = (ms: number): Promise<undefined> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      stop = () => clearTimeout(timer);
    });
  return new ReadableStream({
    async pull(sink): Promise<void> {
      next ??= texts.next();
      if (greeting !== "") {
        // Looked at by the next pull: it must not count as unhandled until then.
        next.catch(() => {});
        sink.enqueue(encoder.encode(greeting));
        greeting = "";
        return;
      }
      const step = await (heartbeat === undefined ? next : Promise.race([next, beat(heartbeat)]))
        .finally(stop);
      if (!step) return sink.enqueue(encoder.encode(BEAT));
      next = undefined;
      step.done ? sink.close() : sink.enqueue(encoder.encode(step.value));
    },
    async cancel(): Promise<void> {
      stop();
      // A generator that waits for the server hears of `return` only after that; a signal, at once.
      leave();
      await texts.return().catch(() => {});
    },
  }, { highWaterMark: 0 });
}

/** An answer whose body streams. */
export function streamResponse(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { type = "text/event-stream", headers, ...init }: StreamInit = {},
): Response {
  const result = new Headers(headers);
  if (!result.has("content-type")) result.set("content-type", `${type}; charset=utf-8`);
  if (!result.has("cache-control")) result.set("cache-control", "no-store");
  // Else nginx collects the events, and sends them all at the end.
  result.set("x-accel-buffering", "no");
  return new Response(body, { ...init, headers: result });
}

/** An answer that streams events as they are made, and stops making them when its reader leaves. */
export function eventResponse(
  make: (signal: AbortSignal) => Texts,
  heartbeat: number | undefined,
): Response {
  const controller = new AbortController();
  const leave = (): void => controller.abort();
  return streamResponse(textStream(make(controller.signal), leave, heartbeat));
}
