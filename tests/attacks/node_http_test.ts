/** Numbers 12 and 13: what strangers send to a server of `node:http`, and handlers without an adapter. */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Client } from "../../mod.ts";
import { issueTicket, proxyHandler, subscribe, ticketHandler } from "../../src/serve/mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { signWebhook, toNodeHandler, webhookHandler } from "../../src/webhooks/mod.ts";

const SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

/** A server of `node:http` for a listener. */
async function listen(
  listener: (req: IncomingMessage, res: ServerResponse) => unknown,
): Promise<{ url: string; port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const server = createServer((req, res) => void listener(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends bytes as they are, and reads all that comes back. */
async function sendRaw(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  let answer = "";
  const decoder = new TextDecoder();
  for await (const chunk of connection.readable) answer += decoder.decode(chunk);
  return answer;
}

Deno.test("13.12 toNodeHandler() answers 400 to a target or method that no Request can have", async () => {
  const targets: string[] = [];
  await using server = await listen(toNodeHandler((request) => {
    targets.push(request.url);
    return new Response("fine");
  }));
  const status = async (line: string, headers = "Host: example.com"): Promise<string> => {
    const text = `${line} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`;
    return (await sendRaw(server.port, text)).slice(9, 12);
  };
  for (
    const line of [
      "GET //",
      "GET //evil.com/x",
      "GET /\\evil.com",
      "GET http://[",
      "TRACE /",
      "GET x",
    ]
  ) assertEquals([line, await status(line)], [line, "400"]);
  for (const host of ["[", "a@evil.com", "a/b", "a?b", "a, evil.com"]) {
    assertEquals([host, await status("GET /", `Host: ${host}`)], [host, "400"]);
  }
  assertEquals(targets, []);
  assertEquals(await status("GET /a?b=//c"), "200");
  // A whole URL, as proxies ask for, does not decide who we are.
  assertEquals(await status("GET http://evil.com/a"), "200");
  assertEquals(await status("GET ?q"), "400");
  assertEquals(targets, ["http://example.com/a?b=//c", "http://example.com/a"]);
});

Deno.test("13.12 toNodeHandler() answers 500 when its handler throws, and goes on", async () => {
  const log = console.error;
  const logged: unknown[][] = [];
  console.error = (...args: unknown[]) => void logged.push(args);
  try {
    let calls = 0;
    await using server = await listen(toNodeHandler(() => {
      if (++calls === 1) throw new Error("hunter2");
      if (calls === 2) return Promise.reject(new Error("hunter2"));
      if (calls === 3) return Response.error();
      return new Response("fine");
    }));
    for (const expected of [500, 500, 500, 200]) {
      const response = await fetch(server.url);
      assertEquals(response.status, expected);
      assert(!(await response.text()).includes("hunter2"));
    }
    assertEquals(logged.length, 3);
  } finally {
    console.error = log;
  }
});

Deno.test("toNodeHandler() prints why an answer broke off, unless its client has left", async () => {
  const log = console.error;
  const logged: unknown[][] = [];
  console.error = (...args: unknown[]) => void logged.push(args);
  try {
    const reason = new Error("no token");
    const breaks = new ReadableStream({ pull: () => Promise.reject(reason) });
    const never = new ReadableStream({ pull: () => new Promise<void>(() => {}) });
    const bodies = [breaks, never];
    const ends: Promise<void>[] = [];
    const handler = toNodeHandler(() => new Response(bodies.shift()));
    await using server = await listen((req, res) => ends.push(handler(req, res)));
    const response = await fetch(`${server.url}/poem`);
    await assertRejects(() => response.text());
    const controller = new AbortController();
    await fetch(server.url, { signal: controller.signal });
    controller.abort();
    await Promise.all(ends);
    assertEquals(logged, [["Cannot answer GET /poem:", reason]]);
  } finally {
    console.error = log;
  }
});

Deno.test("13.12 toNodeHandler() streams both ways, at the pace of the reader", async () => {
  let pulled = 0;
  await using server = await listen(toNodeHandler((request) => {
    const reader = request.body!.getReader();
    return new Response(
      new ReadableStream<Uint8Array>({
        async pull(controller): Promise<void> {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          pulled += value.length;
          controller.enqueue(value);
        },
      }, { highWaterMark: 0 }),
      { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-kind", "echo"]] },
    );
  }));
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>();
  const writer = writable.getWriter();
  const pending = fetch(
    server.url,
    { method: "POST", body: readable, duplex: "half" } as RequestInit,
  );
  await writer.write(new TextEncoder().encode("one"));
  const response = await pending;
  const reader = response.body!.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "one");
  await writer.write(new TextEncoder().encode("two"));
  assertEquals(new TextDecoder().decode((await reader.read()).value), "two");
  await writer.close();
  assertEquals((await reader.read()).done, true);
  assertEquals(response.headers.getSetCookie(), ["a=1", "b=2"]);
  assertEquals([response.headers.get("x-kind"), pulled], ["echo", 6]);
});

Deno.test("13.12 toNodeHandler() takes no more of an answer than its client does", async () => {
  let pulls = 0;
  const handler = toNodeHandler(() =>
    new Response(
      new ReadableStream({
        pull(controller): void {
          if (++pulls > 3) controller.close();
          else controller.enqueue(new Uint8Array(10));
        },
      }, { highWaterMark: 0 }),
    )
  );
  const res = new EventEmitter();
  const full = Promise.withResolvers<void>();
  let [written, ended] = [0, false];
  const done = handler(
    Object.assign(new EventEmitter(), { url: "/", headers: {}, pause() {}, resume() {} }),
    Object.assign(res, {
      headersSent: false,
      writableFinished: false,
      writeHead() {},
      flushHeaders() {},
      // The first chunk fills the buffer.
      write: () => (full.resolve(), ++written > 1),
      end: () => ended = true,
      destroy() {},
    }),
  );
  await full.promise;
  // Whatever would be written without waiting would be by then.
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  assertEquals([written, pulls, ended], [1, 1, false]);
  res.emit("drain");
  await done;
  assertEquals([written, ended], [3, true]);
});

Deno.test("13.12 toNodeHandler() cancels the answer and aborts the request on a disconnect", async () => {
  const canceled = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  await using server = await listen(toNodeHandler((request) => {
    request.signal.addEventListener("abort", () => aborted.resolve());
    return new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("hi")),
        cancel: () => canceled.resolve(),
      }),
    );
  }));
  const page = new AbortController();
  const response = await fetch(server.url, { signal: page.signal });
  const reader = response.body!.getReader();
  await reader.read();
  page.abort();
  await reader.read().catch(() => {});
  await Promise.all([canceled.promise, aborted.promise]);
});

Deno.test("13.12 toNodeHandler() hears a disconnect while its handler still works", async () => {
  const begun = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  await using server = await listen(toNodeHandler(async (request) => {
    begun.resolve();
    await new Promise<void>((resolve) => request.signal.addEventListener("abort", () => resolve()));
    aborted.resolve();
    return new Response("too late");
  }));
  const page = new AbortController();
  const pending = fetch(server.url, { signal: page.signal }).catch(() => {});
  await begun.promise;
  page.abort();
  await Promise.all([aborted.promise, pending]);
});

Deno.test("13.12 toNodeHandler() sends a refusal to a client whose body is still on its way", async () => {
  await using server = await listen(toNodeHandler(async (request) => {
    await request.body!.cancel();
    return new Response("no", { status: 413 });
  }));
  const body = new Uint8Array(4 * 2 ** 20);
  const response = await fetch(server.url, { method: "POST", body });
  assertEquals([response.status, await response.text()], [413, "no"]);
});

Deno.test("13.12 webhookHandler() works through toNodeHandler(), also behind express.raw()", async () => {
  const seen: unknown[] = [];
  const handler = toNodeHandler(
    webhookHandler({ secret: SECRET, on: { completed: ({ id }) => seen.push(id) } }),
  );
  await using plain = await listen(handler);
  await using raw = await listen(async (req, res) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of req) chunks.push(chunk);
    await handler(
      Object.assign(req, {
        body: new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer()),
      }),
      res,
    );
  });
  for (const [id, { url }] of Object.entries({ p1: plain, p2: raw })) {
    const body = JSON.stringify({ id, status: "succeeded", output: "é".repeat(100_000) });
    const headers = await signWebhook(body, { secret: SECRET });
    const response = await fetch(`${url}/hook`, { method: "POST", headers, body });
    assertEquals([id, response.status, await response.text()], [id, 204, ""]);
  }
  assertEquals(seen, ["p1", "p2"]);
});

Deno.test("13.12 toNodeHandler() says so when a parser has taken the body", async () => {
  const log = console.error;
  console.error = () => {};
  try {
    let calls = 0;
    const handler = toNodeHandler(() => new Response(`${++calls}`));
    await using server = await listen(async (req, res) => {
      let text = "";
      for await (const chunk of req) text += chunk;
      await handler(Object.assign(req, { body: JSON.parse(text) }), res);
    });
    const response = await fetch(server.url, { method: "POST", body: "{}" });
    assertEquals([response.status, calls], [500, 0]);
    assertStringIncludes((await response.json()).detail, "toNodeHandler()");
    // `express.json()` leaves `{}` where it has read nothing.
    await using unread = await listen((req, res) => handler(Object.assign(req, { body: {} }), res));
    const other = await fetch(unread.url, { method: "POST", body: "{}" });
    assertEquals([other.status, await other.text()], [200, "1"]);
  } finally {
    console.error = log;
  }
});

Deno.test("13.12 proxyHandler(), ticketHandler() and fake.handle work through toNodeHandler()", async () => {
  const key = "a secret of the server's own";
  const run = async function* (): AsyncGenerator<string> {
    yield* ["Rain", " taps"];
  };
  await using fake = new FakeReplicate({
    token: "r8_test",
    models: { "acme/poet": { official: true, run } },
  });
  await using api = await listen(toNodeHandler(fake.handle));
  const client = new Client({ auth: "r8_test", baseUrl: `${api.url}/v1` });
  await using site = await listen((req, res) =>
    toNodeHandler(
      req.url!.startsWith("/api/watch")
        ? ticketHandler({ client, key })
        : proxyHandler({ client, allow: { models: ["acme/poet"] } }),
    )(req, res)
  );
  const page = new Client({ auth: "none", baseUrl: `${site.url}/api/replicate` });
  const pieces = await Array.fromAsync(page.stream("acme/poet", { input: {} }).text());
  assertEquals(pieces, ["Rain", " taps"]);
  const { id } = await client.predictions.create({ version: "acme/poet", input: {} });
  const ticket = await issueTicket(id, { key });
  const watched = await Array.fromAsync(subscribe(ticket, { url: `${site.url}/api/watch` }).text());
  assertEquals(watched, ["Rain", " taps"]);
});

Deno.test("13.13 a handler that is called with no Request throws at once, and names toNodeHandler()", async () => {
  await using fake = new FakeReplicate({ models: {} });
  const client = new Client({ auth: "r8_test", fetch: fake.fetch });
  const handlers = {
    webhookHandler: webhookHandler({ secret: SECRET, on: {} }),
    proxyHandler: proxyHandler({ client, allow: { models: [] } }),
    ticketHandler: ticketHandler({ client, key: "a secret of the server's own" }),
    "fake.handle": fake.handle,
  };
  // What Express calls them with.
  const req = { url: "/hook", method: "POST", headers: { host: "example.com" } };
  for (const [name, handler] of Object.entries(handlers)) {
    for (const it of [req, undefined, null, "https://example.com", { request: req }]) {
      const error = assertThrows(() => handler(it as unknown as Request), TypeError);
      assertEquals([name, error.message.includes("toNodeHandler(handler)")], [name, true]);
    }
  }
});
