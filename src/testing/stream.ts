/** The event streams of predictions. */

import type { Context } from "./handler.ts";
import { notFound } from "./error_answer.ts";
import type { RunState } from "./run_state.ts";
import type { StreamEvent } from "./types.ts";
import type { World } from "./world.ts";

/** The silence after which a stream is cut, in milliseconds. */
const DEFAULT_IDLE = 30_000;

/** Answers a `GET` of a `urls.stream`. */
export function openStream({ world, params, headers }: Context): Response {
  const run = world.streams.get(params.key!);
  if (!run || world.isRemoved(run)) throw notFound("The stream");
  const lastId = headers.get("last-event-id");
  // An unknown id gets every event, so that none is lost.
  const from = lastId === null ? 0 : run.events.findIndex(({ id }) => id === lastId) + 1;
  return new Response(eventBody(world, run, from), {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" },
  });
}

/** The body of a stream, from an event on. */
function eventBody(world: World, run: RunState, from: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  world.closing.signal.addEventListener("abort", leave, { once: true });
  const end = (): void => {
    world.closing.signal.removeEventListener("abort", leave);
  };
  let next = from;
  let greeted = false;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      if (!greeted) {
        greeted = true;
        return controller.enqueue(encoder.encode(": hi\n\n"));
      }
      const isSilent = await waitForEvent(world, run, next, gone.signal);
      const event = run.events[next++];
      if (event) controller.enqueue(encoder.encode(write(event)));
      if (isSilent) controller.enqueue(encoder.encode(":408: 408 Request Timeout\n\n"));
      if (event === undefined || event.event === "done") {
        end();
        controller.close();
      }
    },
    cancel(): void {
      end();
      gone.abort();
    },
  }, { highWaterMark: 0 });
}

/** Waits for an event, and tells whether the silence was too long instead. */
async function waitForEvent(
  world: World,
  run: RunState,
  next: number,
  gone: AbortSignal,
): Promise<boolean> {
  const { streamIdle = DEFAULT_IDLE } = world.options;
  const isThere = (): boolean => run.events.length > next || run.terminal;
  if (isThere() || gone.aborted) return false;
  const waiting = new AbortController();
  const stop = (): void => waiting.abort();
  gone.addEventListener("abort", stop, { once: true });
  const silence = streamIdle === false
    ? new Promise<boolean>(() => {})
    : world.clock.sleep(streamIdle, waiting.signal).then(() => true, () => false);
  const event = run.until(isThere, waiting.signal).then(() => false, () => false);
  try {
    return await Promise.race([event, silence]);
  } finally {
    gone.removeEventListener("abort", stop);
    stop();
  }
}

/** Encodes an event for the wire. */
function write({ id, event, data }: StreamEvent): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => line === "" ? "data:\n" : `data: ${line}\n`);
  return `event: ${event}\nid: ${id}\n${lines.join("")}\n`;
}
