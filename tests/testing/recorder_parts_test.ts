import { assertEquals } from "@std/assert";
import { EventCuts } from "../../src/testing/recording/event_cuts.ts";
import { printJson } from "../../src/testing/recording/print.ts";
import { expanded, Scrubber } from "../../src/testing/recording/scrub.ts";

Deno.test("printJson() writes JSON, with what fits on one line", () => {
  const long = "x".repeat(95);
  const value = {
    short: { a: 1, b: [true, null], c: {}, d: [], e: undefined },
    long: [long, { text: long }],
    'a "name"': "line\nbreak",
  };
  const text = printJson(value);
  assertEquals(JSON.parse(text), JSON.parse(JSON.stringify(value)));
  assertEquals(text.split("\n").slice(0, 6), [
    "{",
    '  "short": { "a": 1, "b": [true, null], "c": {}, "d": [] },',
    '  "long": [',
    `    "${long}",`,
    "    {",
    `      "text": "${long}"`,
  ]);
});

Deno.test("EventCuts cuts behind each event, for any split of its bytes", () => {
  const text = ": hi\n\nevent: output\r\ndata: é\r\n\r\ndata: 2\n\nevent: done\n\nres";
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const cuts = new EventCuts();
    for (let at = 0; at < bytes.length; at += size) cuts.add(bytes.slice(at, at + size), at);
    const events = cuts.all().map((it) => it.text);
    assertEquals([events.join(""), events.length, events[1]], [
      text,
      5,
      "event: output\r\ndata: é\r\n\r\n",
    ]);
  }
});

Deno.test("Scrubber gives the same text for what it has scrubbed", () => {
  const scrubber = new Scrubber(undefined);
  const texts = [
    `data:image/png;base64,${"QUJD".repeat(100)}`,
    "https://ada:pw@x.test/v1/streams/0123456789abcdef?sig=1&size=2",
    "whsec_c2VjcmV0",
    "r8_0123456789abcdefghij",
  ];
  for (const text of texts) {
    const clean = scrubber.text(text);
    assertEquals([clean === text, scrubber.text(clean)], [false, clean]);
  }
});

Deno.test("expanded() gives data of the size that was taken out", () => {
  for (const size of [150, 151, 152, 1_000]) {
    const url = `data:a/b;base64,${new Uint8Array(size).fill(1).toBase64()}`;
    const again = expanded(new Scrubber(undefined).text(`see ${url} there`));
    const [, data = ""] = /base64,(\S+)/.exec(again) ?? [];
    assertEquals([Uint8Array.fromBase64(data).length, again.length], [size, url.length + 10]);
  }
});
