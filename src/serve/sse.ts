import { readable } from "../words.ts";
import type { PredictionError } from "../run/errors.ts";

/** What a failure is called to those who watch: what the run says itself, and nothing of ours. */
export function failureOf(error: unknown): { reason: "canceled" | "error"; detail: string } {
  const { name, prediction } = error as Partial<PredictionError>;
  if (name !== "PredictionError" || !prediction) {
    return { reason: "error", detail: "the stream broke off" };
  }
  const { status } = prediction;
  const reason = status === "failed" ? "error" : "canceled";
  return { reason, detail: readable(prediction.error) || `the run was ${status}` };
}

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
