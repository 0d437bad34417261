/** The streams that are open, of which no reader may have more than a few. */

import type { Duration } from "../base/duration.ts";
import { eventResponse, heartbeatOf } from "../http/sse_response.ts";
import { Refusal } from "./refusal.ts";

type Texts = AsyncGenerator<string, void, undefined>;

/** Counts the open streams of each reader, in this process. */
export class OpenStreams {
  readonly #most: number;
  readonly #heartbeat: number | undefined;
  readonly #open = new Map<string, number>();

  constructor(most: number, heartbeat: Duration | null | undefined) {
    this.#most = most;
    this.#heartbeat = heartbeatOf(heartbeat);
  }

  /**
   * Opens a stream for a reader.
   *
   * @throws {Refusal} 429 if the reader has as many as it may.
   */
  open(reader: string, make: (signal: AbortSignal) => Texts): Response {
    const count = this.#open.get(reader) ?? 0;
    if (count >= this.#most) {
      const detail = `${count} streams of this run are open, and no more are allowed`;
      throw new Refusal(429, detail, { "retry-after": "5" });
    }
    this.#open.set(reader, count + 1);
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      const left = (this.#open.get(reader) ?? 1) - 1;
      if (left > 0) this.#open.set(reader, left);
      else this.#open.delete(reader);
    };
    return eventResponse((signal) => {
      // A generator that nobody has read from has no `finally`.
      signal.addEventListener("abort", close, { once: true });
      return closing(make(signal), close);
    }, this.#heartbeat);
  }
}

async function* closing(texts: Texts, close: () => void): Texts {
  try {
    yield* texts;
  } finally {
    close();
  }
}
