/** Issue numbers 14.3 to 14.6: a `fetch` that is not the platform's, and what it rejects with. */

import { assert, assertEquals } from "@std/assert";
import { AbortController as OtherController } from "npm:abort-controller@3.0.0";
import crossFetch from "npm:cross-fetch@4.1.0";
import nodeFetch from "npm:node-fetch@3.3.2";
import { fetch as undiciFetch } from "npm:undici@7.16.0";
import { Client } from "../../src/client.ts";
import { ApiError, ConnectionError } from "../../src/errors.ts";
import type { ClientOptions, Fetch } from "../../src/http/options.ts";
import { createSend } from "../../src/http/send.ts";
import type { FileOutput } from "../../src/files/output.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { rejection } from "../rejection.ts";

const TOKEN = "r8_secret_0123456789";

/** `cross-fetch` sends no `Blob`, as which a body travels on Deno: it can only read here. */
const READS_ONLY = "cross-fetch";

const OTHERS: Record<string, Fetch> = {
  "node-fetch": nodeFetch as unknown as Fetch,
  "cross-fetch": crossFetch as Fetch,
  undici: undiciFetch as unknown as Fetch,
};

/** A fake behind a socket, and a client that reaches it by some `fetch`. */
async function behindSocket(
  fetch: Fetch,
  use: (client: Client, fake: FakeReplicate) => Promise<void>,
  options: ClientOptions = {},
): Promise<void> {
  await using fake = new FakeReplicate({
    models: {
      "acme/poet": {
        official: true,
        async *run() {
          yield* ["Rain", " taps", " é☃"];
        },
      },
      "acme/painter": {
        official: true,
        run: () => new File(["a fig".repeat(10_000)], "fig.txt", { type: "text/plain" }),
      },
      "acme/read": {
        official: true,
        run: ({ text }, job) => job.file(String(text)).text(),
      },
    },
  });
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => fake.handle(request),
  );
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  await use(new Client({ auth: TOKEN, baseUrl, fetch, ...options }), fake);
}

for (const [name, fetch] of Object.entries(OTHERS)) {
  const test = (what: string, fn: () => Promise<void>) =>
    // Their agents keep connections and timers of their own.
    Deno.test({ name: `14.3 ${name} ${what}`, fn, sanitizeOps: false, sanitizeResources: false });

  test("reads lists and files, also with steps around it", async () => {
    await behindSocket(fetch, async (client, fake) => {
      const run = fake.predict("acme/painter", {});
      await run.until(() => run.terminal);
      const stepped = client.with({ middleware: [(request, next) => next(request)] });
      for (const each of [client, stepped]) {
        assertEquals((await each.predictions.list()).results.length, 1);
        const job = await each.resume(run.id);
        const file = await job.output() as FileOutput;
        assertEquals((await file.bytes()).length, 50_000);
        assertEquals((await file.text()).slice(0, 10), "a figa fig");
      }
    });
  });

  test("says what the server said", async () => {
    await behindSocket(fetch, async (client) => {
      const error = await rejection(client.predictions.get("nope"));
      assert(error instanceof ApiError && error.status === 404, String(error));
    });
  });

  if (name === READS_ONLY) continue;

  test("runs a model, also with steps around it", async () => {
    await behindSocket(fetch, async (client) => {
      assertEquals(await client.run("acme/poet", { input: {} }).text(), "Rain taps é☃");
      const stepped = client.with({ middleware: [(request, next) => next(request)] });
      assertEquals(await stepped.run("acme/poet", { input: {} }).text(), "Rain taps é☃");
    });
  });

  test("streams events, and reads files to their last byte", async () => {
    await behindSocket(fetch, async (client) => {
      let text = "";
      for await (const piece of client.stream("acme/poet", { input: {} }).text()) text += piece;
      assertEquals(text, "Rain taps é☃");
      const file = await client.run("acme/painter", { input: {} }).file();
      assertEquals((await file.bytes()).length, 50_000);
      assertEquals((await file.text()).slice(0, 10), "a figa fig");
    });
  });

  test("uploads a file", async () => {
    await behindSocket(fetch, async (client) => {
      const text = new Blob(["Hello"]);
      assertEquals(await client.run("acme/read", { input: { text } }), "Hello");
    });
  });

  test("is tried again when nobody listens, and the error says so", async () => {
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = listener.addr;
    listener.close();
    const client = new Client({
      auth: TOKEN,
      baseUrl: `http://127.0.0.1:${port}/v1`,
      fetch,
      retry: { maxRetries: 1, minDelay: 1 },
    });
    const error = await rejection(client.models.create({
      owner: "acme",
      name: "x",
      visibility: "private",
      hardware: "cpu",
    }));
    assert(error instanceof ConnectionError, String(error));
    assertEquals(error.attempts, 2);
    assert(!error.message.includes("may have been accepted"), error.message);
  });
}

Deno.test("14.3 a response without a body stream, as React Native has it, is read all the same", async () => {
  const bare = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const response = await fetch(input, init);
    const bytes = await response.arrayBuffer();
    const { status, ok, headers, url, statusText } = response;
    const text = () => Promise.resolve(new TextDecoder().decode(bytes));
    return {
      status,
      ok,
      headers,
      url,
      statusText,
      text,
      arrayBuffer: () => Promise.resolve(bytes),
    } as unknown as Response;
  };
  await behindSocket(bare, async (client) => {
    assertEquals(await client.run("acme/poet", { input: {} }).text(), "Rain taps é☃");
    const file = await client.run("acme/painter", { input: {} }).file();
    assertEquals((await file.bytes()).length, 50_000);
    const error = await rejection(client.predictions.get("nope"));
    assert(error instanceof ApiError && error.status === 404, String(error));
  });
});

Deno.test("14.3 a signal of abort-controller ends a call and its waits", async () => {
  const controller = new OtherController();
  const signal = controller.signal as unknown as AbortSignal;
  const send = createSend({
    auth: TOKEN,
    fetch: () => Promise.resolve(new Response("", { status: 503 })),
  });
  setTimeout(() => controller.abort(), 5);
  const error = await rejection(
    send({ method: "GET", path: "/x", action: "get it", options: { signal } }),
  );
  assertEquals(error.name, "AbortError");
  const second = await rejection(
    send({ method: "GET", path: "/x", action: "get it", options: { signal } }),
  );
  assertEquals(second.name, "AbortError");
});

Deno.test("14.4 an error answer counts by its status when its body breaks off or cannot be decoded", async () => {
  const broken = (): Response => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"detail":"we are'));
      },
      pull: (controller) => controller.error(new TypeError("error decoding response body")),
    });
    return new Response(body, { status: 503, headers: { "retry-after": "0.001" } });
  };
  let requests = 0;
  const fetch: Fetch = () =>
    Promise.resolve(++requests < 3 ? broken() : Response.json({ ok: true }));
  const send = createSend({ auth: TOKEN, fetch, retry: { minDelay: 1 } });
  assertEquals(await send({ method: "GET", path: "/x", action: "get it" }), { ok: true });
  requests = -10;
  const error = await rejection(send({ method: "POST", path: "/x", action: "do it", json: {} }));
  assert(error instanceof ApiError && error.status === 503, String(error));
});

/** The error of a call whose `fetch` rejects, and the number of requests that it took. */
async function outcome(thrown: unknown, method: "GET" | "POST"): Promise<[Error, number]> {
  let requests = 0;
  const fetch: Fetch = () => {
    requests++;
    return Promise.reject(thrown);
  };
  const send = createSend({ auth: TOKEN, fetch, retry: { minDelay: 1, maxRetries: 2 } });
  const json = method === "POST" ? { json: { prompt: "private" } } : {};
  const error = await rejection(send({ method, path: "/x", action: "do it", ...json }));
  return [error, requests];
}

const failed = (cause: object): TypeError => new TypeError("fetch failed", { cause });
const coded = (code: string, more: object = {}): Error =>
  Object.assign(new Error("no"), { code, ...more });

Deno.test("14.5 an error that is no loss of the network passes through untouched, after one request", async () => {
  const bugs = [
    coded("ERR_ASSERTION"),
    Object.assign(new Error("Bail out"), { code: "NEXT_STATIC_GEN_BAILOUT" }),
    Object.assign(new Error("NEXT_REDIRECT"), { digest: "NEXT_REDIRECT;replace;/x" }),
    Object.assign(new TypeError("bad"), { code: "ERR_INVALID_ARG_TYPE" }),
    new RangeError("mine"),
    "a string",
  ];
  for (const bug of bugs) {
    const [error, requests] = await outcome(bug, "GET");
    assertEquals([error, requests], [bug as Error, 1]);
  }
});

Deno.test("14.5 a connection that never stood is tried again, also for a POST", async () => {
  const refusals = [
    failed(coded("ECONNREFUSED")),
    failed(coded("UND_ERR_CONNECT_TIMEOUT")),
    failed(coded("ENETUNREACH")),
    failed(coded("EHOSTUNREACH")),
    failed(coded("ETIMEDOUT", { syscall: "connect" })),
    failed(coded("CERT_HAS_EXPIRED")),
    failed(coded("DEPTH_ZERO_SELF_SIGNED_CERT")),
    failed(coded("ERR_TLS_CERT_ALTNAME_INVALID")),
    failed(new AggregateError([coded("ECONNREFUSED"), coded("ENETUNREACH")])),
    failed(Object.assign(new AggregateError([coded("ECONNREFUSED")]), { code: "ECONNREFUSED" })),
  ];
  for (const refusal of refusals) {
    const [error, requests] = await outcome(refusal, "POST");
    assertEquals(requests, 3, Deno.inspect(refusal));
    assert(error instanceof ConnectionError && !/may have been accepted/.test(error.message));
  }
});

Deno.test("14.5 a connection that broke is tried again for a GET only", async () => {
  const losses = [
    failed(coded("ECONNRESET")),
    failed(coded("UND_ERR_SOCKET")),
    failed(coded("ETIMEDOUT")),
    failed(coded("EPIPE")),
    failed(new AggregateError([coded("ECONNREFUSED"), coded("ECONNRESET")])),
    // Of another realm, as in Jest: it is no instance of our TypeError.
    Object.assign(Object.create(null), { name: "TypeError", message: "Failed to fetch" }),
    Object.assign(new Error("Network connection lost."), { retryable: true }),
  ];
  for (const loss of losses) {
    assertEquals((await outcome(loss, "GET"))[1], 3, Deno.inspect(loss));
    const [error, requests] = await outcome(loss, "POST");
    assertEquals(requests, 1, Deno.inspect(loss));
    assert(error instanceof ConnectionError && /may have been accepted/.test(error.message));
  }
});

Deno.test("14.5 an error that quotes the request puts neither token nor prompt into ours", async () => {
  const text = `Nock: No match for request {"headers":{"authorization":"Bearer ${TOKEN}"},` +
    `"body":{"prompt":"private"}}`;
  for (
    const thrown of [failed(new Error(text)), Object.assign(new Error(text), { code: "ERR_NOCK" })]
  ) {
    const [error] = await outcome(thrown, "POST");
    const shown = `${Deno.inspect(error)} ${JSON.stringify(error)} ${error.stack} ${error}`;
    assert(!shown.includes(TOKEN) && !shown.includes("private"), shown);
  }
});

Deno.test("14.17 a model whose name holds redirect does not make a lost connection a redirect", async () => {
  const url = "https://api.replicate.com/v1/models/acme/redirect/predictions";
  const [error] = await outcome(new TypeError(`error sending request for url (${url})`), "GET");
  assert(
    error instanceof ConnectionError && !error.message.includes("not followed"),
    error.message,
  );
});

/** The request that a client with these headers sends. */
async function sentWith(options: ClientOptions): Promise<{ headers: Headers; init: RequestInit }> {
  const sent: { headers: Headers; init: RequestInit }[] = [];
  const fetch: Fetch = (_, init = {}) => {
    sent.push({ headers: new Headers(init.headers), init });
    return Promise.resolve(Response.json({ id: "a", urls: {}, size: 1, checksums: {} }));
  };
  const client = new Client({ auth: TOKEN, fetch, ...options });
  await client.files.create(new Blob(["x"]));
  await client.predictions.create({ version: "acme/x", input: {} });
  return sent.at(-1)!;
}

Deno.test("14.6 the protocol's own headers are ours", async () => {
  const { headers, init } = await sentWith({
    headers: { "Content-Type": "text/csv", "Content-Length": "5", Host: "evil", "X-Mine": "1" },
  });
  assertEquals(headers.get("content-type"), "application/json");
  assertEquals([headers.has("content-length"), headers.has("host")], [false, false]);
  assertEquals([headers.get("x-mine"), init.method], ["1", "POST"]);
});

Deno.test("14.6 a Prefer header is understood as the option wait, with time for the answer", async () => {
  const { headers } = await sentWith({ headers: { Prefer: "wait=45" } });
  assertEquals(headers.get("prefer"), "wait=45");
  let ms = 0;
  const fetch: Fetch = (_, { signal } = {}) => {
    const since = performance.now();
    return new Promise((_, reject) =>
      signal?.addEventListener("abort", () => {
        ms = performance.now() - since;
        reject(signal.reason);
      })
    );
  };
  const { withFakeTime } = await import("../../src/testing/mod.ts");
  await withFakeTime(async () => {
    const client = new Client({ auth: TOKEN, fetch, headers: { prefer: "wait=45" }, retry: false });
    const error = await rejection(client.predictions.create({ version: "acme/x", input: {} }));
    assertEquals([error.name, ms], ["TimeoutError", 75_000]);
  });
});
