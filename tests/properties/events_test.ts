/** Event streams: any bytes, split anywhere, against the rules of WHATWG written down plainly. */

import fc from "npm:fast-check@4.11.0";
import { assertEquals } from "@std/assert";
import { encodeEvent, parseSse, type SseEvent, SseParser } from "../../src/http/sse.ts";

/** All that a stream gives. */
interface Given {
  events: SseEvent[];
  comments: string[];
  retries: number[];
}

/** The rules, step by step, for a stream that is there as a whole. */
function reference(bytes: Uint8Array): Given {
  const given: Given = { events: [], comments: [], retries: [] };
  const text = new TextDecoder().decode(bytes);
  // Text after the last line end is no line.
  const lines = text.split(/\r\n|\r|\n/).slice(0, -1);
  let data: string[] = [];
  let event = "";
  let lastEventId = "";
  let id: string | undefined;
  for (const line of lines) {
    if (line === "") {
      if (data.length > 0) {
        const own = id === undefined ? {} : { id };
        given.events.push({
          event: event || "message",
          data: data.join("\n"),
          ...own,
          lastEventId,
        });
      }
      data = [];
      event = "";
      id = undefined;
      continue;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (colon === 0) given.comments.push(value);
    else if (name === "data") data.push(value);
    else if (name === "event") event = value;
    else if (name === "id" && !value.includes("\0")) lastEventId = id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) given.retries.push(Number(value));
  }
  return given;
}

const words = [
  "data",
  "event",
  "id",
  "retry",
  ":",
  ": ",
  " ",
  "\n",
  "\r",
  "\r\n",
  "\n\n",
  "12",
  "x",
];
const odd = ["é☃", "🙂", "\0", "\ufeff", "data: a\n\n", "id: 1\n", "event: output\n", "data:\n"];
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words).map((it) => new TextEncoder().encode(it)) },
  { weight: 3, arbitrary: fc.constantFrom(...odd).map((it) => new TextEncoder().encode(it)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 3 }) },
);
const stream = fc.array(piece, { maxLength: 60 }).map((pieces) =>
  Uint8Array.from(pieces.flatMap((it) => [...it]))
);
const cuts = fc.array(fc.nat(400), { maxLength: 12 });

/** The bytes in pieces that end at these places. */
function split(bytes: Uint8Array, at: number[]): Uint8Array<ArrayBuffer>[] {
  const ends = [...at.filter((it) => it < bytes.length).sort((a, b) => a - b), bytes.length];
  return ends.map((end, n) => new Uint8Array(bytes.subarray(ends[n - 1] ?? 0, end)));
}

Deno.test("SseParser gives what the rules say, for any bytes and any split", () => {
  fc.assert(
    fc.property(stream, cuts, (bytes, at) => {
      const given: Given = { events: [], comments: [], retries: [] };
      const parser = new SseParser({
        onEvent: (event) => given.events.push(event),
        onComment: (comment) => given.comments.push(comment),
        onRetry: (ms) => given.retries.push(ms),
      });
      for (const chunk of split(bytes, at)) parser.push(chunk);
      assertEquals(given, reference(bytes));
    }),
    { numRuns: 1500 },
  );
});

Deno.test("parseSse() gives the same events, for any bytes and any split", async () => {
  await fc.assert(
    fc.asyncProperty(stream, cuts, async (bytes, at) => {
      const events: SseEvent[] = [];
      for await (const event of parseSse(ReadableStream.from(split(bytes, at)))) events.push(event);
      assertEquals(events, reference(bytes).events);
    }),
    { numRuns: 300 },
  );
});

Deno.test("encodeEvent() is the inverse of the parser", () => {
  // A line end is a line end, whichever it was, and an empty text is one line of nothing.
  const text = fc.string({ unit: "grapheme", maxLength: 30 });
  const name = text.map((it) => `x${it.replace(/[\r\n]/g, "")}`);
  const id = fc.option(text.map((it) => it.replace(/[\r\n\0]/g, "")), { nil: undefined });
  fc.assert(fc.property(name, text, id, (event, data, id) => {
    const events: SseEvent[] = [];
    const parser = new SseParser({ onEvent: (it) => events.push(it) });
    parser.push(new TextEncoder().encode(encodeEvent(event, data, id)));
    const lines = data.replace(/\r\n|\r/g, "\n");
    const own = id === undefined ? {} : { id };
    assertEquals(events, [{ event, data: lines, ...own, lastEventId: id ?? "" }]);
  }));
});
