/**
 * The events of a stream, for pages: a fifth of the code of `parseSse`, whose pace no page needs, and half
 * of what a page would load for `subscribe`.
 */

/** The most characters of a line, and of the data of an event. */
const MOST = 16 * 1024 * 1024;

/** An event: its type, its data, and its own id if it has one. */
export type PageEvent = [event: string, data: string, id: string | undefined];

/**
 * Reads events as the WHATWG defines them. Leaving the loop cancels the stream.
 *
 * @throws {RangeError} If an event is too large.
 */
export async function* eventsOf(
  bytes: ReadableStream<Uint8Array>,
): AsyncGenerator<PageEvent, void, undefined> {
  const reader = bytes.getReader();
  // It strips a byte order mark, and waits for the rest of a character that is cut.
  const decoder = new TextDecoder();
  let line = "";
  let wasReturn = false;
  let event: string | undefined;
  let data: string | undefined;
  let id: string | undefined;
  try {
    for (let next; !(next = await reader.read()).done;) {
      const chunk = decoder.decode(next.value, { stream: true });
      if (chunk === "") continue;
      const text = wasReturn ? chunk.replace(/^\n/, "") : chunk;
      wasReturn = chunk.endsWith("\r");
      // Each chunk is split alone, as a long line that is split again with each chunk takes forever.
      const lines = text.split(/\r\n?|\n/);
      lines[0] = line + lines[0];
      line = lines.pop()!;
      for (const whole of lines) {
        if (whole === "") {
          if (data !== undefined) yield [event || "message", data, id];
          event = data = id = undefined;
        }
        const [, name, value = ""] = /^([a-z]+)(?:: ?(.*))?$/s.exec(whole) ?? [];
        if (name === "event") event = value;
        if (name === "data") data = data === undefined ? value : `${data}\n${value}`;
        if (name === "id" && !value.includes("\0")) id = value;
      }
      if (Math.max(line.length, data?.length ?? 0) > MOST) {
        throw new RangeError(`Cannot read an event: it is longer than ${MOST} characters`);
      }
    }
  } finally {
    // The caller has left: there is nobody to tell that the source did not like it.
    await reader.cancel().catch(() => {});
  }
}
