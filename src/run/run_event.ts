/** One event of the stream of a run. */

/**
 * An event of a stream, told apart by `event`. Its fields are those of the server's own events; as text,
 * `String(event)`, it is the output that it brings.
 */
export type RunEvent =
  | { event: "output"; /** Text, or the URL of a file. */ data: string; id?: string }
  | { event: "logs"; data: string; id?: string }
  | { event: "done"; /** JSON: `{}` */ data: string; id?: string };

/** Output comes by the thousand: a method of each event's own takes ten times as long to make. */
const OutputEvent = /* @__PURE__ */ (() => {
  class OutputEvent {
    event = "output" as const;
    data: string;
    declare id?: string;

    constructor(data: string, id: string | undefined) {
      this.data = data;
      if (id !== undefined) this.id = id;
    }

    toString(): string {
      return this.data;
    }
  }
  // To comparisons that look at it, it is a plain object.
  delete (OutputEvent.prototype as { constructor?: unknown }).constructor;
  return OutputEvent;
})();

const NO_TEXT = { value: () => "", writable: true, configurable: true };

/**
 * An event for the caller. The idiom of the official client is `process.stdout.write(String(event))`, for
 * each event of a stream.
 */
export function eventOf(event: RunEvent["event"], data: string, id?: string): RunEvent {
  if (event === "output") return new OutputEvent(data, id);
  const other = id === undefined ? { event, data } : { event, data, id };
  return Object.defineProperty(other, "toString", NO_TEXT);
}
