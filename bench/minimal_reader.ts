/** A reader of event streams that is as small as one can be: the bound of what a careful one may cost. */

/** The code that one writes by hand for a server that only ever sends LF, and small events. */
export async function* minimal(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<{ event: string; data: string; id: string }> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let buffer = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    buffer += decoder.decode(value, { stream: true });
    let start = 0;
    for (let end; (end = buffer.indexOf("\n\n", start)) !== -1; start = end + 2) {
      const event = { event: "message", data: "", id: "" };
      for (const line of buffer.slice(start, end).split("\n")) {
        if (line.startsWith("data: ")) event.data += line.slice(6);
        else if (line.startsWith("event: ")) event.event = line.slice(7);
        else if (line.startsWith("id: ")) event.id = line.slice(4);
      }
      yield event;
    }
    buffer = buffer.slice(start);
  }
}
