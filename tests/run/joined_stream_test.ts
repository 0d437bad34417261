/** Streams that are cut: joined again where that is exact, and completed by the prediction elsewhere. */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { Client } from "../../mod.ts";
import { StreamError } from "../../src/run/errors.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import { rejection } from "../rejection.ts";
import { events, record, scripted } from "../scripted.ts";

const STREAM = "https://stream.replicate.com/v1/streams/x";

/** Runs a stream against these parts of it; the prediction has ended with `output` by then. */
async function textOf(
  output: unknown,
  parts: string[][],
): Promise<{ text: string; joined: (string | null)[] }> {
  return await withFakeTime(async () => {
    const joined: (string | null)[] = [];
    const { fetch } = scripted(({ url, method, headers }) => {
      if (url.href === STREAM) {
        joined.push(headers.get("last-event-id"));
        return events(...parts[Math.min(joined.length, parts.length) - 1]!);
      }
      const status = method === "POST" ? "starting" : "succeeded";
      return Response.json(record({ status, output, urls: { stream: STREAM } }), { status: 201 });
    });
    const client = new Client({ auth: "r8_x", fetch });
    let text = "";
    for await (const piece of client.stream("acme/x", { input: {} }).text()) text += piece;
    return { text, joined };
  });
}

const output = (data: string, id?: string): string =>
  `event: output\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;
const DONE = "event: done\ndata: {}\n\n";

Deno.test("a stream without ids that is cut is completed, and not joined again", async () => {
  const part = [output("Rain"), output(" taps")];
  const { text, joined } = await textOf(["Rain", " taps", " on"], [part, [...part, DONE]]);
  assertEquals([text, joined], ["Rain taps on", [null]]);
});

Deno.test("a stream that is joined again is told where it was", async () => {
  const rest = [output(" taps", "1:1"), DONE];
  const { text, joined } = await textOf(["Rain", " taps"], [[output("Rain", "1:0")], rest]);
  assertEquals([text, joined], ["Rain taps", [null, "1:0"]]);
});

Deno.test("an event that comes twice is told once, with ids of any form", async () => {
  for (const [a, b] of [["1:0", "1:1"], ["a", "b"], ["9:0", "1:0"]]) {
    const twice = [
      output("Rain", a),
      output("Rain", a),
      output(" taps", b),
      output("Rain", a),
      DONE,
    ];
    assertEquals((await textOf(["Rain", " taps"], [twice])).text, "Rain taps", a);
  }
});

Deno.test("a stream whose text is not that of the output is a StreamError", async () => {
  const error = await rejection(textOf("Snow", [[output("Rai")]]));
  assertInstanceOf(error, StreamError);
});

Deno.test("a stream tells logs, and passes over events that are empty or not known", async () => {
  const events = [
    "event: logs\ndata: hi\n\n",
    "event: ping\ndata: x\n\n",
    "event: output\ndata:\n\n",
  ];
  const { text } = await textOf(["Rain"], [[...events, output("Rain", "1:0"), DONE]]);
  assertEquals(text, "Rain");
});

Deno.test("a stream that is no stream, or none at all, is completed by the prediction", async () => {
  for (const given of ["Rain", ["Ra", "in"], { text: "Rain" }]) {
    const { text } = await textOf(given, [[]]);
    assertEquals(
      text,
      typeof given === "object" && !Array.isArray(given) ? '{"text":"Rain"}' : "Rain",
    );
  }
});

Deno.test("a stream that says that it failed, of a job that did not, is a StreamError that says so", async () => {
  for (const data of ['{"detail":"out of luck"}', "out of luck"]) {
    const error = await rejection(textOf("Rain", [[`event: error\ndata: ${data}\n\n`]]));
    assertInstanceOf(error, StreamError);
    assertEquals(error.message.includes("out of luck"), true, error.message);
  }
});
