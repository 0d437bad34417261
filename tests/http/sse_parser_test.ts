import { assert, assertEquals, assertThrows } from "@std/assert";
import { type SseEvent, type SseOptions, SseParser } from "../../src/http/sse_parser.ts";
import { EventScanner } from "../../src/http/sse_scanner.ts";

const encoder = new TextEncoder();

/** What a parser told, in order. */
type Told = SseEvent | { comment: string } | { retry: number };

function bytesOf(input: string | Uint8Array): Uint8Array {
  return typeof input === "string" ? encoder.encode(input) : input;
}

function parse(chunks: Iterable<Uint8Array | string>, options: SseOptions = {}): Told[] {
  const told: Told[] = [];
  const parser = new SseParser({
    onEvent: (event) => told.push(event),
    onComment: (comment) => told.push({ comment }),
    onRetry: (retry) => told.push({ retry }),
    ...options,
  });
  for (const chunk of chunks) parser.push(bytesOf(chunk));
  parser.end();
  return told;
}

function message(data: string, more: Partial<SseEvent> = {}): SseEvent {
  return { event: "message", data, lastEventId: more.id ?? "", ...more };
}

function* everySplit(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  yield Array.from(bytes).flatMap((byte) => [new Uint8Array(0), Uint8Array.of(byte)]);
}

const MIXED = "\uFEFF: hi ✓\r\n\r\nevent: output\r\nid: 1:0\r\ndata: Räin ☔\r\n\r\n" +
  "id: 1:1\rdata:  𝒯aps\rdata:\rdata: x\r\rretry: 1500\n:\n\nid\ndata\n\n" +
  "event: a\n\ndata: 雨\r\n\rdata: \uFEFFb\n\n\nid: 9\ndata: lost\n";

const MIXED_TOLD: Told[] = [
  { comment: "hi ✓" },
  { event: "output", data: "Räin ☔", id: "1:0", lastEventId: "1:0" },
  { event: "message", data: " 𝒯aps\n\nx", id: "1:1", lastEventId: "1:1" },
  { retry: 1500 },
  { comment: "" },
  { event: "message", data: "", id: "", lastEventId: "" },
  { event: "message", data: "雨", lastEventId: "" },
  { event: "message", data: "\uFEFFb", lastEventId: "" },
];

Deno.test("SseParser gives the same for every split of a mixed stream", () => {
  for (const chunks of everySplit(encoder.encode(MIXED))) {
    assertEquals(parse(chunks), MIXED_TOLD, chunks.map(String).join(" | "));
  }
});

Deno.test("SseParser gives the same for every split of a stream with LF alone", () => {
  const text = MIXED.replace(/\r\n?/g, "\n");
  for (const chunks of everySplit(encoder.encode(text))) {
    assertEquals(parse(chunks), MIXED_TOLD, chunks.map(String).join(" | "));
  }
});

Deno.test("SseParser finds the next event after bytes that are not UTF-8", () => {
  // Characters that are cut, too long, too large, or halves of a pair: one U+FFFD each, or more.
  const faults = [[0xff], [0xe2, 0x98], [0xc0, 0x8a], [0xf5, 0x80, 0x80, 0x80], [0xed, 0xa0, 0x80]];
  for (const fault of faults) {
    const bytes = Uint8Array.of(
      ...encoder.encode("data: ☔"),
      ...fault,
      ...encoder.encode("\n\nid: 1:7\ndata: y\n\n"),
    );
    const told = parse([bytes]);
    assertEquals(told.length, 2, fault.join());
    assertEquals(told[1], message("y", { id: "1:7", lastEventId: "1:7" }));
  }
});

Deno.test("EventScanner finds an id in the bytes, however the stream is split", () => {
  const decoder = new TextDecoder();
  const text = "\uFEFFid: 1:0\ndata: ☔𝒯é\n\nid:17:31\ndata: \n\nid:  ☔\nid\ndata\n\n" +
    ": ✓\nid: 99999999999999999999999999999999999999:1\ndata: x\n\n";
  for (const chunks of everySplit(encoder.encode(text))) {
    const found: string[] = [];
    const told: string[] = [];
    const scanner = new EventScanner(
      {
        orderOf: (bytes, start) => {
          const [id = ""] = decoder.decode(bytes.subarray(start, start + 32)).split("\n");
          return found.push(id) - 1;
        },
      },
      (_event, _data, id = "none", order) => told.push(`${id.slice(0, 32)}=${found[order]}`),
    );
    for (const chunk of chunks) scanner.push(chunk);
    const long = "9".repeat(32);
    assertEquals(told, ["1:0=1:0", "17:31=17:31", "=", `${long}=${long}`], chunks.join(" | "));
  }
});

Deno.test("SseParser gives the same for every split of bytes that are not UTF-8", () => {
  const bytes = Uint8Array.of(...encoder.encode("data: a"), 0xe2, 0x98, 10, 0xff, 13, 10, 13, 10);
  for (const chunks of everySplit(bytes)) assertEquals(parse(chunks), [message("a\uFFFD")]);
});

Deno.test("SseParser decodes the example of the streaming protocol", () => {
  const wire = ": hi\n\nevent: output\nid: 1760000001:0\ndata: Rain\n\n" +
    "event: output\nid: 1760000001:1\ndata:  taps\n\n" +
    "event: output\nid: 1760000002:0\ndata: .\ndata:\ndata: Soft\n\n" +
    "event: done\nid: 1760000003:0\ndata: {}\n\n";
  const event = (event: string, id: string, data: string): SseEvent => ({
    event,
    data,
    id,
    lastEventId: id,
  });
  assertEquals(parse([wire]), [
    { comment: "hi" },
    event("output", "1760000001:0", "Rain"),
    event("output", "1760000001:1", " taps"),
    event("output", "1760000002:0", ".\n\nSoft"),
    event("done", "1760000003:0", "{}"),
  ]);
});

/**
 * The cases of the web platform's event-stream tests, by name, on streams of our own. The cases
 * `format-mime-*` are about the type of a response, which a parser does not see.
 */
const PLATFORM: Record<string, [input: string | Uint8Array, told: Told[]]> = {
  "format-bom": ["\uFEFFdata: 1\n\ndata: 2\n\n", [message("1"), message("2")]],
  "format-bom-2": [
    "\uFEFF\uFEFFdata: 1\n\ndata: 2\n\n\uFEFFdata: 3\n\n",
    [message("2")],
  ],
  "format-comments": [
    `data:1\r:\0\n:\r\ndata:2\n:${"x".repeat(2048)}\rdata:3\n:data:fail\r:${"y".repeat(9)}\n` +
    "data:4\n\n",
    [
      { comment: "\0" },
      { comment: "" },
      { comment: "x".repeat(2048) },
      { comment: "data:fail" },
      { comment: "yyyyyyyyy" },
      message("1\n2\n3\n4"),
    ],
  ],
  "format-data-before-final-empty-line": ["data:1\n\nretry:1000\ndata:2", [
    message("1"),
    { retry: 1000 },
  ]],
  "format-field-data": ["data:\n\ndata\ndata\n\ndata:x\n\n", [
    message(""),
    message("\n"),
    message("x"),
  ]],
  "format-field-event": ["event:test\ndata:1\n\ndata:2\n\n", [
    message("1", { event: "test" }),
    message("2"),
  ]],
  "format-field-event-empty": ["event: \ndata:1\n\nevent:x\nevent\ndata:2\n\n", [
    message("1"),
    message("2"),
  ]],
  "format-field-id": ["id: 1\ndata: a\n\ndata: b\n\n", [
    message("a", { id: "1" }),
    message("b", { lastEventId: "1" }),
  ]],
  "format-field-id-2": ["data:a\nid:ä\n\ndata:b\n\nid\ndata:c\n\ndata:d\n\nid:7\n\ndata:e\n\n", [
    message("a", { id: "ä" }),
    message("b", { lastEventId: "ä" }),
    message("c", { id: "" }),
    message("d"),
    message("e", { lastEventId: "7" }),
  ]],
  "format-field-id-null": ["id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid: \0\ndata: c\n\n", [
    message("a", { id: "1" }),
    message("b", { lastEventId: "1" }),
    message("c", { lastEventId: "1" }),
  ]],
  "format-field-parsing": [
    "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n" +
    " data:32\ndata:4\ndatadata:5\n\n",
    [message("\0\n 2\n1\n3\n\n4")],
  ],
  "format-field-retry": ["retry:03000\ndata:x\n\n", [{ retry: 3000 }, message("x")]],
  "format-field-retry-bogus": [
    "retry:3000\nretry:1000x\nretry: -5\nretry:1.5\nretry:1e3\nretry:\t1\nretry:٣\ndata:x\n\n",
    [{ retry: 3000 }, message("x")],
  ],
  "format-field-retry-empty": ["retry\nretry:\ndata:x\n\n", [message("x")]],
  "format-field-unknown": ["data:1\n data:2\ndata\t:3\njust text\nDATA:4\n:no\ndata:5\n\n", [
    { comment: "no" },
    message("1\n5"),
  ]],
  "format-leading-space": ["data:\ttab\rdata: one\ndata:  two\n\n", [message("\ttab\none\n two")]],
  "format-newlines": ["data:1\r\ndata:2\ndata:3\rdata:4\n\ndata:5\r\rdata:6\r\n\r\n\r\n\n\r", [
    message("1\n2\n3\n4"),
    message("5"),
    message("6"),
  ]],
  "format-null-character": ["data:\0\n\n\n\ndata\0:no\n\n", [message("\0")]],
  "format-utf-8": [Uint8Array.of(...encoder.encode("data:ok…"), 0xe4, 0x20, 10, 10), [
    message("ok…\uFFFD "),
  ]],
};

for (const [name, [input, told]] of Object.entries(PLATFORM)) {
  Deno.test(`SseParser follows the web platform: ${name}`, () => {
    for (const chunks of everySplit(bytesOf(input))) {
      if (chunks.length > 2 || chunks[0]!.length < 500) assertEquals(parse(chunks), told);
    }
  });
}

Deno.test("SseParser tells the comment of a server that gives up", () => {
  assertEquals(parse([":408: 408 Request Timeout\n\n: 408 Request Timeout\n\n"]), [
    { comment: "408: 408 Request Timeout" },
    { comment: "408 Request Timeout" },
  ]);
});

Deno.test("SseParser gives an event without waiting for the LF of a CRLF", () => {
  const events: SseEvent[] = [];
  const parser = new SseParser({ onEvent: (event) => events.push(event) });
  parser.push(bytesOf("data: 1\r\n\r"));
  assertEquals(events, [message("1")]);
  parser.push(bytesOf("\ndata: 2\n\n"));
  assertEquals(events, [message("1"), message("2")]);
});

Deno.test("SseParser does not keep the bytes that it is given", () => {
  const events: SseEvent[] = [];
  const parser = new SseParser({ onEvent: (event) => events.push(event) });
  const buffer = bytesOf("data: Ra");
  parser.push(buffer);
  buffer.fill(0);
  parser.push(bytesOf("in\n\n"));
  assertEquals(events, [message("Rain")]);
});

Deno.test("SseParser.lastEventId is that of the last complete block", () => {
  const parser = new SseParser({ onEvent: () => {}, lastEventId: "0" });
  assertEquals(parser.lastEventId, "0");
  parser.push(bytesOf("id: 1\ndata: a\n\nid: 2\n\nid: 3\ndata: b\n"));
  assertEquals(parser.lastEventId, "2");
  parser.end();
  assertEquals(parser.lastEventId, "2");
});

Deno.test("SseParser.end() drops the unfinished event and starts another stream", () => {
  const events: SseEvent[] = [];
  const parser = new SseParser({ onEvent: (event) => events.push(event) });
  parser.push(bytesOf("event: x\nid: 1\ndata: lost\nda"));
  parser.end();
  parser.push(bytesOf("\uFEFFdata: kept\n\n"));
  assertEquals(events, [message("kept")]);
});

Deno.test("SseParser refuses what is larger than maxEventSize, however it is split", () => {
  const fits = [
    "data: 1234\n\n",
    ":23456789\n\n",
    "data: 1234\ndata:67890\n\n",
    "data:☔☔☔☔☔\n\n",
  ];
  const tooLarge = ["data: 12345\n\n", ":2345678901\n", "data: 123\ndata: 5678\ndata: 01\n\n"];
  for (const text of fits) {
    for (const chunks of everySplit(encoder.encode(text))) parse(chunks, { maxEventSize: 10 });
  }
  for (const text of tooLarge) {
    for (const chunks of everySplit(encoder.encode(text))) {
      const error = assertThrows(() => parse(chunks, { maxEventSize: 10 }), RangeError);
      assertEquals(error.message, "Cannot read an event: it is longer than 10 characters");
    }
  }
});

Deno.test("SseParser refuses a line that never ends", () => {
  const parser = new SseParser({ onEvent: () => {}, maxEventSize: 1000 });
  let pushed = 0;
  assertThrows(() => {
    for (; pushed < 10_000; pushed += 100) parser.push(new Uint8Array(100).fill(120));
  }, RangeError);
  assert(pushed <= 3100, `${pushed} bytes were kept`);
});

Deno.test("SseParser takes any number of comments and of events below the bound", () => {
  const text = `: still here\n\ndata: 1234\n\n`.repeat(1000);
  assertEquals(parse([text], { maxEventSize: 20 }).length, 2000);
});

Deno.test("SseParser refuses a maxEventSize that bounds nothing", () => {
  for (const maxEventSize of [0, -1, NaN]) {
    assertThrows(() => new SseParser({ onEvent: () => {}, maxEventSize }), RangeError);
  }
});
