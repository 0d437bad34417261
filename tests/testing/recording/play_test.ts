import { assertEquals, assertRejects } from "@std/assert";
import { playAnswer } from "../../../src/testing/recording/play.ts";
import type { RecordedAnswer } from "../../../src/testing/recording/types.ts";

const play = (answer: RecordedAnswer, signal = new AbortController().signal) =>
  playAnswer(answer, {
    clock: undefined,
    rewrite: (text) => text.replaceAll("old", "new"),
    signal,
    closing: new AbortController().signal,
    beyond: () => new Error("beyond the recording"),
  });

Deno.test("playAnswer() fails as the connection did: refused, or lost", async () => {
  for (const code of ["ECONNREFUSED", "ECONNRESET"] as const) {
    const error = await assertRejects(() => play({ error: code }), TypeError);
    assertEquals((error.cause as { code?: string }).code, code);
  }
});

Deno.test("playAnswer() gives an answer without a body where the status allows none", async () => {
  const response = await play({ status: 204, text: "old" });
  assertEquals([response.status, response.body], [204, null]);
  assertEquals((await play({ status: 200 })).headers.get("content-length"), "0");
});

Deno.test("playAnswer() fills a body that was left out to its size, as text or as zeros", async () => {
  const omitted = { size: 3 };
  const text = await play({ status: 200, headers: { "content-type": "text/plain" }, omitted });
  assertEquals(await text.text(), "...");
  const bytes = await play({ status: 200, omitted });
  assertEquals(await bytes.bytes(), new Uint8Array(3));
});

Deno.test("playAnswer() rewrites the texts in each kind of body and in headers", async () => {
  const json = { a: ["old", 1, null], b: { c: "old" } };
  const response = await play({ status: 200, headers: { location: "/old" }, json });
  assertEquals(await response.json(), { a: ["new", 1, null], b: { c: "new" } });
  assertEquals(response.headers.get("location"), "/new");
  assertEquals(await (await play({ status: 200, text: "old" })).text(), "new");
  const events = [{ text: "data: old\n\n" }, { at: 5, text: "data: 2\n\n" }];
  assertEquals(await (await play({ status: 200, events })).text(), "data: new\n\ndata: 2\n\n");
});

Deno.test("playAnswer() cuts a body where it was cut, or where the program left it", async () => {
  const cut = await play({ status: 200, text: "half", ended: "cut" });
  await assertRejects(() => cut.text(), TypeError);
  const left = await play({ status: 200, text: "half", ended: "left" });
  await assertRejects(() => left.text(), Error, "beyond the recording");
});

Deno.test("playAnswer() hangs where the program aborted, and rejects with its reason", async () => {
  const gone = AbortSignal.abort(new Error("gone"));
  await assertRejects(() => play({ error: "aborted" }, gone), Error, "gone");
  const controller = new AbortController();
  const answer = play({ error: "aborted" }, controller.signal);
  controller.abort(new Error("left"));
  await assertRejects(() => answer, Error, "left");
});
