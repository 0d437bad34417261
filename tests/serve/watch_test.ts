import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { subscribe, WatchError, type WatchEvent } from "../../src/serve/mod.ts";
import { withFakeTime } from "../../src/testing/mod.ts";
import { rejection } from "../rejection.ts";
import { events } from "../scripted.ts";

const TICKET = `${btoa('{"id":"p1"}')}.x`;
const RUN = '{"id":"p1","status":"succeeded"}';
const DONE = `event: done\ndata: ${RUN}\n\n`;
const output = (data: string, id: string): string => `event: output\nid: ${id}\ndata: ${data}\n\n`;

/** A server that answers one request after the other, the last answer for ever. */
function server(...answers: (() => Response)[]) {
  const asked: { url: string; from: string | null }[] = [];
  return {
    asked,
    fetch: (url: string, init: RequestInit): Promise<Response> => {
      asked.push({ url, from: new Headers(init.headers).get("last-event-id") });
      const answer = answers[Math.min(asked.length, answers.length) - 1]!;
      return new Promise((resolve) => resolve(answer()));
    },
  };
}

const lost = (): never => {
  throw new TypeError("fetch failed");
};

Deno.test("subscribe() connects again after the last event that it has", () =>
  withFakeTime(async () => {
    const { fetch, asked } = server(
      () => events(output("Rain", "1:0")),
      lost,
      () => new Response("busy", { status: 429 }),
      () => events(output(" taps", "1:1"), "event: ping\ndata: x\n\n", DONE),
    );
    const seen: WatchEvent[] = [];
    for await (const event of subscribe(TICKET, { fetch })) seen.push(event);
    assertEquals(seen.map(({ event }) => event), ["output", "output", "done"]);
    assertEquals(asked.map(({ from }) => from), [null, "1:0", "1:0", "1:0"]);
  }));

Deno.test("subscribe() gives up a connection that breaks again and again", () =>
  withFakeTime(async () => {
    for (const answer of [lost, () => events(), () => new Response("", { status: 502 })]) {
      const { fetch } = server(answer);
      const error = await rejection(Array.fromAsync(subscribe(TICKET, { fetch })));
      assertInstanceOf(error, WatchError);
      assertEquals(error.code, "broken");
    }
  }));

Deno.test("subscribe() is refused once by a server that will not change its mind", () =>
  withFakeTime(async () => {
    const { fetch, asked } = server(() => new Response(null, { status: 404 }));
    const error = await rejection(Array.fromAsync(subscribe(TICKET, { fetch })));
    assertInstanceOf(error, WatchError);
    assertEquals([error.code, asked.length], ["refused", 1]);
    assertEquals(error.message, "Cannot watch the run: the server answered 404");
    await assertRejects(() => subscribe(TICKET, { fetch }).cancel(), WatchError, "404");
  }));

Deno.test("subscribe() tells a run that failed from one that was canceled", () =>
  withFakeTime(async () => {
    for (const [reason, code] of [["canceled", "canceled"], ["error", "failed"]]) {
      const data = JSON.stringify({ reason, detail: "out of paint" });
      const { fetch } = server(() => events(`event: error\ndata: ${data}\n\n`));
      const error = await rejection(Array.fromAsync(subscribe(TICKET, { fetch })));
      assertInstanceOf(error, WatchError);
      assertEquals([error.code, error.message], [code, "Cannot watch the run: out of paint"]);
    }
  }));

Deno.test("subscribe() ends by its signal: while it waits, while it asks, and before", () =>
  withFakeTime(async () => {
    const why = new Error("closed");
    const waiting = new AbortController();
    setTimeout(() => waiting.abort(why), 300);
    const { fetch } = server(lost);
    const { signal } = waiting;
    assertEquals(await rejection(Array.fromAsync(subscribe(TICKET, { fetch, signal }))), why);
    const asking = new AbortController();
    const leaving = server(() => {
      asking.abort(why);
      throw new TypeError("aborted");
    });
    const asks = subscribe(TICKET, { fetch: leaving.fetch, signal: asking.signal });
    assertEquals(await rejection(Array.fromAsync(asks)), why);
    assertEquals(leaving.asked.length, 1);
    const between = new AbortController();
    const cut = server(() => {
      queueMicrotask(() => between.abort(why));
      return events();
    });
    const cuts = subscribe(TICKET, { fetch: cut.fetch, signal: between.signal });
    assertEquals(await rejection(Array.fromAsync(cuts)), why);
  }));

Deno.test("subscribe() with a signal that never aborts reads to the end", () =>
  withFakeTime(async () => {
    const { fetch } = server(lost, () => events(output("Rain", "1:0"), DONE));
    const { signal } = new AbortController();
    assertEquals(await Array.fromAsync(subscribe(TICKET, { fetch, signal }).text()), ["Rain"]);
  }));
