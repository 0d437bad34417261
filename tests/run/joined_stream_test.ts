/** Streams that are cut: joined again where that is exact, and completed by the prediction elsewhere. */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { Client, PredictionError } from "../../mod.ts";
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

/** Reads a stream that answers as `stream` does, of a prediction that is `states` one after the other. */
async function read(
  stream: () => Response,
  states: (Record<string, unknown> | Response)[],
): Promise<{ events: string[]; error: unknown; requests: number }> {
  return await withFakeTime(async () => {
    let polls = 0;
    const { fetch, asked } = scripted(({ url, method }) => {
      if (url.href === STREAM) return stream();
      const state = method === "POST" ? {} : states[Math.min(polls++, states.length - 1)]!;
      if (state instanceof Response) return state.clone();
      return Response.json(record({ urls: { stream: STREAM }, ...state }), { status: 201 });
    });
    const client = new Client({ auth: "r8_x", fetch });
    const seen: string[] = [];
    let error: unknown;
    try {
      for await (const { event, data } of client.stream("acme/x", { input: {} })) {
        seen.push(`${event} ${data}`);
      }
    } catch (cause) {
      error = cause;
    }
    return { events: seen, error, requests: asked.length };
  });
}

Deno.test("a stream that cannot be had has the logs of the prediction as they grow, and its output", async () => {
  const none = () => new Response("", { status: 404 });
  const { events, error } = await read(none, [
    { status: "processing", logs: "one\n", output: { partial: true } },
    { status: "processing", logs: "one\ntwo\n" },
    { status: "succeeded", logs: "one\ntwo\n", output: { text: "Rain" } },
  ]);
  assertEquals([events, error], [[
    "logs one\n",
    "logs two\n",
    'output {"text":"Rain"}',
    "done {}",
  ], undefined]);
});

Deno.test("a stream of another media type is no stream", async () => {
  for (const headers of [{ "content-type": "text/html" }, new Headers()]) {
    const page = () => new Response(new TextEncoder().encode("<p>login</p>"), { headers });
    const { events } = await read(page, [{ status: "succeeded", output: "Rain" }]);
    assertEquals(events, ["output Rain", "done {}"]);
  }
});

Deno.test("a stream that is done for a reason is the failure of its job", async () => {
  const done = () => events('event: done\ndata: {"reason":"error"}\n\n');
  const states = [{ status: "processing" }, { status: "failed", error: "out of paint" }];
  const { events: seen, error } = await read(done, states);
  assertEquals(seen, []);
  assertInstanceOf(error, PredictionError);
  assertEquals(error.message.includes("out of paint"), true, error.message);
});

Deno.test("a stream that says that it failed, of a job that goes on for ever, is a StreamError", async () => {
  for (
    const [data, why] of [["", "the stream reported an error"], ["out of luck", "out of luck"]]
  ) {
    const failed = () => events(`event: error\ndata: ${data}\n\n`);
    const { error, requests } = await read(failed, [{ status: "processing" }]);
    assertInstanceOf(error, StreamError);
    assertEquals(error.message, `Cannot stream prediction p1: ${why}`);
    assertEquals(requests < 30, true, `${requests} requests`);
  }
});

Deno.test("a stream that says that it failed, of a job that is gone, tells what it said", async () => {
  const failed = () => events(output("Rain", "1:0"), "event: error\ndata: out of luck\n\n");
  const { error } = await read(failed, [new Response("", { status: 404 })]);
  assertInstanceOf(error, StreamError);
  assertEquals(
    error.message,
    "Cannot stream prediction p1: the stream broke off, and the prediction is gone " +
      "(it reported: out of luck)",
  );
});

Deno.test("a stream ends with done, whatever it sends after that", async () => {
  for (const data of ["{}", "null", "bye"]) {
    const done = `event: done\ndata: ${data}\n\n`;
    const more = () => events(output("Rain", "1:0") + done + output(" taps", "1:1"));
    const { events: seen } = await read(more, [{ status: "succeeded", output: "Rain" }]);
    assertEquals(seen, ["output Rain", `done ${data}`]);
  }
});
