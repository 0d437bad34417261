/** Cuts an event stream behind each event, whatever the chunks that it comes in. */

import type { RecordedEvent } from "./types.ts";

/** The empty line that ends an event. */
const END = /\r\n\r\n|\n\n|\r\r/;

/** The events of a stream so far, with the time at which each was complete. */
export class EventCuts {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #events: RecordedEvent[] = [];
  #rest = "";
  #at: number | undefined;

  /** Takes the next chunk, which came at this time. */
  add(chunk: Uint8Array, at: number | undefined): void {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    this.#at = at;
    for (let end; (end = END.exec(this.#rest));) {
      const length = end.index + end[0].length;
      this.#push(this.#rest.slice(0, length));
      this.#rest = this.#rest.slice(length);
    }
  }

  /** The events, and what came of an event that was cut. */
  all(): RecordedEvent[] {
    return this.#rest === "" ? [...this.#events] : [...this.#events, this.#event(this.#rest)];
  }

  /** `true` after the last event of a stream of Replicate. */
  get isDone(): boolean {
    return /^event: ?(?:done|error)\b/m.test(this.#events.at(-1)?.text ?? "");
  }

  #push(text: string): void {
    this.#events.push(this.#event(text));
  }

  #event(text: string): RecordedEvent {
    return this.#at === undefined ? { text } : { at: this.#at, text };
  }
}
