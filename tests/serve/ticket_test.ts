import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Client } from "../../mod.ts";
import {
  issueTicket,
  subscribe,
  type SubscribeOptions,
  ticketHandler,
  type TicketOptions,
  WatchError,
  type WatchEvent,
} from "../../src/serve/mod.ts";
import { type FakeModel, FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";

const key = "a secret of the server's own";
const URL_ = "https://example.com/api/watch";
const TOKEN = "r8_0123456789012345678901234567890123456";

const MODELS: Record<string, FakeModel> = {
  "acme/poet": {
    official: true,
    run: async function* (_, job) {
      for (const text of ["Rain", " taps", ".\n\n", "Soft"]) {
        job.log("a line\n");
        await job.sleep(100);
        yield text;
      }
    },
  },
  "acme/painter": {
    official: true,
    stream: false,
    run: () => new Blob(["a fig"], { type: "image/png" }),
  },
  "acme/broken": { official: true, run: (_, job) => job.fail("out of paint") },
  "acme/slow": { official: true, run: (_, job) => job.sleep(600_000) },
};

/** A server with a ticket handler. */
function site(): {
  fake: FakeReplicate;
  client: Client;
  /** The answer to a request of a page. */
  ask: (method: string, path: string, headers?: Record<string, string>) => Promise<Response>;
  fetch: NonNullable<SubscribeOptions["fetch"]>;
  start: (
    model: string,
    options?: Partial<TicketOptions>,
  ) => Promise<{ id: string; ticket: string }>;
} {
  const fake = new FakeReplicate({ models: MODELS, token: TOKEN });
  const client = new Client({ auth: TOKEN, fetch: fake.fetch, retry: false });
  const handler = ticketHandler({ client, key });
  return {
    fake,
    client,
    ask: (method, path, headers = {}) =>
      handler(new Request(`${URL_}${path}`, { method, headers })),
    fetch: (url, init) => handler(new Request(url, init)),
    start: async (model, options) => {
      const { id } = await client.predictions.create({ version: model, input: { secret: "x" } });
      return { id, ticket: await issueTicket(id, { key, ...options }) };
    },
  };
}

Deno.test("subscribe() gives the output of a run as it comes, and the run at its end", async () => {
  await withFakeTime(async () => {
    const { fake, fetch, start } = site();
    await using _ = fake;
    const { id, ticket } = await start("acme/poet");
    const events = await Array.fromAsync(subscribe(ticket, { url: URL_, fetch }));
    const texts = events.slice(0, -1).map(({ event, data }) => `${event} ${data}`);
    assertEquals(texts, ["output Rain", "output  taps", "output .\n\n", "output Soft"]);
    const done = events.at(-1) as Extract<WatchEvent, { event: "done" }>;
    assertEquals([done.event, done.data.id, done.data.status], ["done", id, "succeeded"]);
    assertEquals(done.data.output, ["Rain", " taps", ".\n\n", "Soft"]);
    assert(!JSON.stringify(done).includes("secret") && !JSON.stringify(done).includes("urls"));
  });
});

Deno.test("subscribe() gives logs to those who have the right", async () => {
  await withFakeTime(async () => {
    const { fake, fetch, start } = site();
    await using _ = fake;
    for (const can of [["watch"], ["watch", "logs"]] as const) {
      const { ticket } = await start("acme/painter", { can });
      const events = await Array.fromAsync(subscribe(ticket, { url: URL_, fetch }));
      const done = events.at(-1) as Extract<WatchEvent, { event: "done" }>;
      assertEquals("logs" in done.data, can.includes("logs" as "watch"));
      assert(String(events[0]!.data).startsWith("https://replicate.delivery/"));
    }
  });
});

Deno.test("subscribe() goes on where it was when its connection is cut", async () => {
  await withFakeTime(async () => {
    const { fake, fetch, start } = site();
    await using _ = fake;
    const { ticket } = await start("acme/poet");
    let connections = 0;
    const cutting: typeof fetch = async (url, init) => {
      connections++;
      const { body, status, headers } = await fetch(url, init);
      let events = 0;
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(chunk);
          // After the greeting and one event.
          if (++events === 2 && connections < 4) controller.terminate();
        },
      });
      return new Response(body!.pipeThrough(cut), { status, headers });
    };
    const texts = await Array.fromAsync(subscribe(ticket, { url: URL_, fetch: cutting }).text());
    assertEquals(texts.join(""), "Rain taps.\n\nSoft");
    assert(connections >= 4);
  });
});

Deno.test("subscribe() tells a run that failed from one that was canceled", async () => {
  await withFakeTime(async () => {
    const { fake, client, fetch, start } = site();
    await using _ = fake;
    const failed = await start("acme/broken");
    const watch = (ticket: string) => Array.fromAsync(subscribe(ticket, { url: URL_, fetch }));
    const error = await assertRejects(() => watch(failed.ticket), WatchError, "out of paint");
    assertEquals(error.code, "failed");
    const canceled = await start("acme/slow");
    await client.predictions.cancel(canceled.id);
    assertEquals((await assertRejects(() => watch(canceled.ticket), WatchError)).code, "canceled");
  });
});

Deno.test("subscribe() gives up when there is no connection for long", async () => {
  await withFakeTime(async (time) => {
    const { ticket } = { ticket: await issueTicket("p1", { key }) };
    for (
      const fetch of [
        () => Promise.reject(new TypeError("failed to fetch")),
        () => Promise.resolve(new Response("", { status: 503 })),
        () => Promise.resolve(new Response(": hi\n\n")),
      ]
    ) {
      const watch = (): Promise<unknown> => Array.fromAsync(subscribe(ticket, { fetch }));
      assertEquals((await assertRejects(watch, WatchError)).code, "broken");
    }
    assert(time.elapsed() > 10_000);
  });
});

Deno.test("subscribe() ends with the reason of its signal, and leaves the run alone", async () => {
  await withFakeTime(async (time) => {
    const { fake, fetch, start } = site();
    await using _ = fake;
    const { ticket } = await start("acme/slow");
    const controller = new AbortController();
    const { signal } = controller;
    const watching = Array.fromAsync(subscribe(ticket, { url: URL_, fetch, signal }));
    const rejected = assertRejects(() => watching, Error, "gone");
    await time.tick(1000);
    controller.abort(new Error("gone"));
    await rejected;
    assertEquals(fake.cancels, []);
  });
});

Deno.test("ticketHandler() cancels for those who have the right", async () => {
  const { fake, fetch, start } = site();
  await using _ = fake;
  const watcher = await start("acme/slow");
  const cancel = (ticket: string) => subscribe(ticket, { url: URL_, fetch }).cancel();
  assertEquals((await assertRejects(() => cancel(watcher.ticket), WatchError)).code, "refused");
  const owner = await start("acme/slow", { can: ["watch", "cancel"] });
  assertEquals((await cancel(owner.ticket)).status, "canceled");
  assertEquals(fake.cancels, [owner.id]);
});

Deno.test("ticketHandler() refuses a ticket that is forged, changed, over, or for another run", async () => {
  await withFakeTime(async (time) => {
    const { fake, ask, start } = site();
    await using _ = fake;
    const { id, ticket } = await start("acme/painter", { ttl: "10s" });
    const other = await start("acme/painter");
    const [payload = "", signature = ""] = ticket.split(".");
    const claims = (change: object): string =>
      btoa(JSON.stringify({ ...JSON.parse(atob(payload)), ...change })).replace(/=+$/, "");
    const status = async (ticket: string, path: string = `/${id}`): Promise<number> =>
      (await ask("GET", path, { authorization: `Bearer ${ticket}` })).status;

    const fine = await ask("GET", `/${id}`, { authorization: `Bearer ${ticket}` });
    assertEquals(fine.status, 200);
    await fine.body?.cancel();
    const query = await ask("GET", `/${id}?ticket=${ticket}`);
    assertEquals(query.status, 200);
    await query.body?.cancel();
    assertEquals(fine.headers.get("cache-control"), "no-store");
    const forged = [
      "",
      "x",
      ".",
      `${payload}.`,
      `${payload}.${signature.slice(1)}`,
      `${payload}.${signature}A`,
      `${payload}.${"A".repeat(43)}`,
      `${payload}.${"?".repeat(43)}`,
      `${payload}.${signature}.${signature}`,
      `.${signature}`,
      `${claims({ exp: 9e9 })}.${signature}`,
      `${claims({ can: ["watch", "cancel"] })}.${signature}`,
      `${claims({ id: other.id })}.${signature}`,
      await issueTicket(id, { key: "another secret of a server" }),
    ];
    for (const ticket of forged) assertEquals([ticket, await status(ticket)], [ticket, 401]);
    assertEquals(await status(ticket, `/${other.id}`), 401);
    assertEquals(await status(other.ticket), 401);
    assertEquals(await status(ticket, "/"), 401);
    assertEquals((await ask("GET", `/${id}`)).status, 401);
    await time.tick(10_001);
    assertEquals(await status(ticket), 401);
  });
});

Deno.test("ticketHandler() asks Replicate for nothing before it knows the ticket", async () => {
  const { fake, ask } = site();
  await using _ = fake;
  await ask("GET", "/gm3qorzdhgbfurvjtvhg6dckhu");
  await ask("POST", "/gm3qorzdhgbfurvjtvhg6dckhu/cancel");
  assertEquals((await ask("DELETE", "/gm3qorzdhgbfurvjtvhg6dckhu")).status, 405);
  const origin = { origin: "https://evil.example" };
  assertEquals((await ask("GET", "/gm3qorzdhgbfurvjtvhg6dckhu", origin)).status, 403);
  assertEquals(fake.requests, []);
});

Deno.test("ticketHandler() takes tickets of an older key as well", async () => {
  const { fake, client, start } = site();
  await using _ = fake;
  const { id, ticket } = await start("acme/painter");
  const handler = ticketHandler({ client, key: ["a new secret of the server", key] });
  const response = await handler(new Request(`${URL_}/${id}?ticket=${ticket}`));
  await response.body?.cancel();
  assertEquals(response.status, 200);
});

Deno.test("issueTicket() takes a job, its record or its id, and refuses what cannot work", async () => {
  const { fake, client } = site();
  await using _ = fake;
  const claims = (ticket: string) => JSON.parse(atob(ticket.split(".")[0]!));
  const job = (await client.start("acme/painter", { input: {} })).detach();
  assertEquals(claims(await issueTicket(job, { key })).id, job.id);
  assertEquals(claims(await issueTicket(job.prediction, { key })).kind, "predictions");
  const training = { id: "t1", urls: { get: "https://api.replicate.com/v1/trainings/t1" } };
  assertEquals(claims(await issueTicket(training, { key })).kind, "trainings");
  await assertRejects(() => issueTicket("a/b", { key }), TypeError);
  await assertRejects(() => issueTicket("a", { key: "short" }), TypeError);
  await assertRejects(() => issueTicket("a", { key, ttl: -1 }), RangeError);
  await assertRejects(() => issueTicket("a", { key, can: ["x"] as never }), TypeError);
  assertThrows(() => ticketHandler({ client, key: [] }), TypeError);
  assertThrows(() => ticketHandler({ client, key: "short" }), TypeError);
  assertThrows(() => subscribe("no ticket"), TypeError);
});
