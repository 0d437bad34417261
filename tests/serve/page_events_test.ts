import { assertEquals, assertRejects } from "@std/assert";
import { parseSse } from "../../src/http/sse.ts";
import { eventsOf } from "../../src/serve/page_events.ts";

const TEXT =
  "\uFEFF: hi\r\n\r\nid: 1\rdata: Räin ☔\rdata\r\rdata:  𝒯aps\n\nid: 2\n\nevent: logs\nid:\n" +
  "data:a: b\u2028\nretry: 9\nData: no\ndata no\ndatax: no\n\r\nid: x\0y\nevent\ndata: z\r\n\n\r\ndata: lost\n";

function streamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks);
}

Deno.test("eventsOf() gives the events that parseSse() gives, split anywhere", async () => {
  const bytes = new TextEncoder().encode(TEXT);
  const expected = [];
  for await (const { event, data, id } of parseSse(streamOf(bytes))) {
    expected.push([event, data, id]);
  }
  assertEquals(expected.length, 4);
  const splits = Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]);
  splits.push(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)));
  for (const chunks of splits) {
    const events: unknown[] = await Array.fromAsync(eventsOf(streamOf(...chunks)));
    assertEquals(events, expected, `cut at ${chunks[0]?.length}`);
  }
});

Deno.test("eventsOf() takes a long line in short pieces, and none without an end", async () => {
  const piece = new TextEncoder().encode("x".repeat(16 * 1024));
  const [begin, end] = ["data:", "\n\n"].map((it) => new TextEncoder().encode(it));
  const long = streamOf(begin!, ...Array<Uint8Array>(256).fill(piece), end!);
  const [event] = await Array.fromAsync(eventsOf(long));
  assertEquals(event?.[1].length, 4 * 1024 * 1024);
  let left = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(piece),
    cancel: () => void (left = true),
  });
  await assertRejects(
    () => Array.fromAsync(eventsOf(endless)),
    RangeError,
    "Cannot read an event: it is longer than 16777216 characters",
  );
  assertEquals(left, true);
});
