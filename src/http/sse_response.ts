/** HTTP answers that stream text as it is made: those of `EventStream`, and those of the door serve. */

/** Texts that are made one by one, as a generator makes them. */
type Texts = AsyncGenerator<string, void, undefined>;

/** The head of an answer that streams. */
export interface StreamInit extends ResponseInit {
  /** The media type, for an answer whose `headers` have none. Default: that of server-sent events. */
  type?: string;
}

/**
 * Text as bytes: each piece is made when the reader asks for it.
 *
 * @param leave Called when the reader goes. It has to end whatever the generator waits for.
 */
export function textStream(
  texts: Texts,
  leave: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(sink): Promise<void> {
      const { done, value } = await texts.next();
      done ? sink.close() : sink.enqueue(encoder.encode(value));
    },
    async cancel(): Promise<void> {
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
export function eventResponse(make: (signal: AbortSignal) => Texts): Response {
  const controller = new AbortController();
  return streamResponse(textStream(make(controller.signal), () => controller.abort()));
}
