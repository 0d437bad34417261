/** Issue number 14.7: streams of ours to others say something from the first moment on. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Client } from "../../src/client.ts";
import { fileStore } from "../../src/stores/mod.ts";
import { issueTicket, proxyHandler, subscribe, ticketHandler } from "../../src/serve/mod.ts";
import { FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { signWebhook, verifyWebhook, webhookHandler } from "../../src/webhooks/mod.ts";
import { rejection } from "../rejection.ts";

const KEY = "a secret of the server's own";

function slowFake(): FakeReplicate {
  return new FakeReplicate({
    models: {
      "acme/slow": {
        official: true,
        boot: 100_000,
        async *run() {
          yield "at last";
        },
      },
    },
  });
}

/** What a reader gets, and the virtual moments at which it comes. */
async function read(
  response: Response,
  elapsed: () => number,
): Promise<[number, string][]> {
  const decoder = new TextDecoder();
  const pieces: [number, string][] = [];
  const reader = response.body!.getReader();
  for (let step; !(step = await reader.read()).done;) {
    pieces.push([elapsed(), decoder.decode(step.value)]);
  }
  return pieces;
}

function checkPieces(pieces: [number, string][], every = 15_000): void {
  const [first] = pieces;
  assertEquals(first?.[0], 0, "nothing at the first moment");
  let last = 0;
  for (const [at] of pieces) {
    assert(at - last <= every + 5, `silent from ${last} to ${at}`);
    last = at;
  }
  assert(pieces.some(([, text]) => text.includes("at last")), JSON.stringify(pieces));
  assert(last >= 100_000);
}

Deno.test("14.7 toResponse() sends a comment at once, and every 15 s while a model boots", async () => {
  await withFakeTime(async (time) => {
    await using fake = slowFake();
    const client = new Client({ auth: "r8_test", fetch: fake.fetch });
    const start = time.elapsed();
    const response = client.stream("acme/slow", { input: {} }).toResponse();
    checkPieces(await read(response, () => time.elapsed() - start));
  });
});

Deno.test("14.7 the time between comments can be set, and text has none", async () => {
  await withFakeTime(async (time) => {
    await using fake = slowFake();
    const client = new Client({ auth: "r8_test", fetch: fake.fetch });
    const start = time.elapsed();
    const response = client.stream("acme/slow", { input: {} }).toResponse({ heartbeat: "5s" });
    checkPieces(await read(response, () => time.elapsed() - start), 5000);
    const quiet = client.stream("acme/slow", { input: {} }).toResponse({ as: "text" });
    assertEquals((await read(quiet, () => 0)).map(([, text]) => text).join(""), "at last");
    assertThrows(
      () => client.stream("acme/slow", { input: {} }).toResponse({ heartbeat: -1 }),
      RangeError,
      "heartbeat",
    );
  });
});

Deno.test("14.7 the proxy and tickets send comments too", async () => {
  await withFakeTime(async (time) => {
    await using fake = slowFake();
    const client = new Client({ auth: "r8_test", fetch: fake.fetch });
    const job = await client.start("acme/slow", { input: {} });
    const handler = ticketHandler({ client, key: KEY });
    const ticket = await issueTicket(job.detach(), { key: KEY });
    const start = time.elapsed();
    const headers = { authorization: `Bearer ${ticket}` };
    const answer = await handler(
      new Request(`https://example.com/api/watch/${job.id}`, { headers }),
    );
    checkPieces(await read(answer, () => time.elapsed() - start));
  });
  await withFakeTime(async (time) => {
    await using fake = slowFake();
    const client = new Client({ auth: "r8_test", fetch: fake.fetch });
    const handler = proxyHandler({ client, allow: { models: ["acme/slow"] } });
    const url = "https://example.com/api/replicate/models/acme/slow/predictions";
    const body = JSON.stringify({ input: {} });
    const created = await handler(
      new Request(url, { method: "POST", body, headers: { "content-type": "application/json" } }),
    );
    const { urls } = await created.json();
    const start = time.elapsed();
    checkPieces(
      await read(await handler(new Request(urls.stream)), () => time.elapsed() - start),
    );
  });
});

Deno.test("14.7 a reader that leaves a silent stream leaves no timer, and cancels the run", async () => {
  await withFakeTime(async (time) => {
    await using fake = slowFake();
    const client = new Client({ auth: "r8_test", fetch: fake.fetch });
    const reader = client.stream("acme/slow", { input: {} }).toResponse().body!.getReader();
    await reader.read();
    const second = reader.read();
    await time.tick(20_000);
    await second;
    await reader.cancel();
    await time.tick(1000);
    assertEquals(fake.cancels.length, 1);
  });
});

Deno.test("14.8 options of the doors are closed", async () => {
  const client = new Client({ auth: "r8_test", fetch: () => Promise.reject(new Error("no")) });
  const allow = { models: ["acme/slow"] };
  const wrong: (() => unknown)[] = [
    () => proxyHandler({ client, allow, maxbody: 5 } as never),
    () => proxyHandler({ client, allow: { ...allow, model: [] } } as never),
    () =>
      proxyHandler(
        { client, allow: { ...allow, limit: { runs: 1, per: "1m", read: 1 } } } as never,
      ),
    () => ticketHandler({ client, key: KEY, maxStream: 1 } as never),
    () => subscribe("x", { URL: "/x" } as never),
    () => webhookHandler({ client, on: {}, tolerence: "5m" } as never),
    () => fileStore("x", { synch: true } as never),
    () => new FakeReplicate({ models: {}, fault: [] } as never),
    () => new FakeReplicate({ models: { "a/b": { offical: true } } } as never),
    () => new FakeReplicate({ models: {}, faults: [{ statuss: 500 }] } as never),
  ];
  for (const make of wrong) assertThrows(make, TypeError, "there is no option", String(make));
  const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
  const rejected = [
    issueTicket("abc", { key: KEY, tll: "1h" } as never),
    verifyWebhook(new Request("https://x.example"), { secret, tolerence: "1h" } as never),
    signWebhook("{}", { secret, time: 1 } as never),
  ];
  for (const promise of rejected) {
    assert((await rejection(promise)).message.includes("there is no option"));
  }
});
