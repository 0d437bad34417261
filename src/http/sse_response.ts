/** An HTTP answer that streams text as it is made. */

/** An answer that streams events as they are made, and stops making them when its reader leaves. */
export function eventResponse(
  make: (signal: AbortSignal) => AsyncGenerator<string, void, undefined>,
): Response {
  const controller = new AbortController();
  const events = make(controller.signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(sink): Promise<void> {
      const { done, value } = await events.next();
      if (done) sink.close();
      else sink.enqueue(encoder.encode(value));
    },
    cancel(): void {
      // A generator that waits for the server hears of `return` only after that; a signal, at once.
      controller.abort();
      events.return().catch(() => {});
    },
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      // Else nginx collects the events, and sends them all at the end.
      "x-accel-buffering": "no",
    },
  });
}
