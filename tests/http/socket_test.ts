/** What only a real socket shows. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { ApiError, ConnectionError, TimeoutError } from "../../src/errors.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { createSend } from "../../src/http/send.ts";
import type { RequestSpec } from "../../src/http/types.ts";
import { rejection } from "../rejection.ts";

const GET: RequestSpec = { method: "GET", path: "/things", action: "list things" };

const POST: RequestSpec = {
  method: "POST",
  path: "/things",
  action: "create a thing",
  json: { a: 1 },
};

const FAST = { minDelay: 5, maxDelay: 20 } as const;

const OK = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

interface RawServer extends AsyncDisposable {
  /** The requests, by their first lines. */
  readonly requests: string[];
  /** How many connections were opened, and how many are open. */
  readonly sockets: { total: number; open: number; most: number };
  readonly send: (spec: RequestSpec, options?: ClientOptions) => Promise<unknown>;
}

/** A server that answers with raw bytes: text to write, then, for `null`, a reset. */
function rawServer(answer: (count: number) => (string | null | number)[]): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: string[] = [];
  const sockets = { total: 0, open: 0, most: 0 };
  const connections = new Set<Deno.TcpConn>();
  const serve = async (connection: Deno.TcpConn): Promise<void> => {
    connections.add(connection);
    sockets.total++;
    sockets.most = Math.max(sockets.most, ++sockets.open);
    const buffer = new Uint8Array(65_536);
    let text = "";
    try {
      for (;;) {
        const read = await connection.read(buffer);
        if (read === null) break;
        text += new TextDecoder().decode(buffer.subarray(0, read));
        const head = text.indexOf("\r\n\r\n");
        if (head < 0) continue;
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
        if (text.length < head + 4 + length) continue;
        requests.push(text.split("\r\n")[0] ?? "");
        text = "";
        for (const part of answer(requests.length)) {
          if (part === null) return;
          if (typeof part === "number") await new Promise((resolve) => setTimeout(resolve, part));
          else await connection.write(new TextEncoder().encode(part));
        }
      }
    } catch {
      // The client went away, which is what some tests are about.
    } finally {
      sockets.open--;
      connections.delete(connection);
      try {
        connection.close();
      } catch { /* closed by then */ }
    }
  };
  const accepting = (async () => {
    for await (const connection of listener) serve(connection);
  })().catch(() => {});
  const { port } = listener.addr as Deno.NetAddr;
  return {
    requests,
    sockets,
    send: (spec, options) =>
      createSend({
        auth: "r8_x",
        baseUrl: `http://127.0.0.1:${port}/v1`,
        retry: FAST,
        limiter: false,
        ...options,
      })(spec),
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of connections) {
        try {
          connection.close();
        } catch { /* closed by then */ }
      }
      await accepting;
    },
  };
}

/** `fetch` keeps its sockets for later, which the leak check of a test cannot know. */
function socketTest(name: string, run: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
}

socketTest(
  "send() sends a POST once whose connection is reset after the server had it",
  async () => {
    await using server = rawServer(() => [null]);
    const error = await rejection(server.send(POST));
    assertInstanceOf(error, ConnectionError);
    assertEquals(server.requests.length, 1);
    assert(error.message.includes("may have been accepted"), error.message);
  },
);

socketTest("send() sends a POST once over a kept-alive connection that is reset", async () => {
  // Deno's own fetch would send a text body a second time here.
  for (
    const middleware of [[], [
      (request: Request, next: (r: Request) => Promise<Response>) => next(request),
    ]]
  ) {
    await using server = rawServer((count) => count === 1 ? [OK] : [null]);
    await server.send(POST, { middleware });
    const error = await rejection(server.send(POST, { middleware }));
    assertInstanceOf(error, ConnectionError);
    assertEquals(server.requests.length, 2);
  }
});

socketTest("send() sends a GET again whose connection is reset", async () => {
  await using server = rawServer((count) => count === 1 ? [null] : [OK]);
  assertEquals(await server.send(GET), {});
  assertEquals(server.requests.length, 2);
});

socketTest("send() sends a GET again whose body is cut, and a POST not", async () => {
  const cut = OK.replace("length: 2", "length: 20");
  for (const [spec, requests] of [[GET, 2], [POST, 1]] as const) {
    await using server = rawServer((count) => count === 1 ? [cut, null] : [OK]);
    const end = await server.send(spec).then(() => undefined, (error) => error);
    assertEquals(server.requests.length, requests);
    if (requests === 1) assertInstanceOf(end, ConnectionError);
  }
});

socketTest("send() tries a POST again where nobody listens, as nothing was created", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const send = createSend({
    auth: "r8_x",
    baseUrl: `http://127.0.0.1:${port}`,
    retry: { ...FAST, maxRetries: 2 },
  });
  const error = await rejection(send(POST));
  assertInstanceOf(error, ConnectionError);
  assertEquals(error.attempts, 3);
  assert(error.message.includes(`no connection to 127.0.0.1:${port}`), error.message);
});

socketTest(
  "send() gives a server that accepts and stays silent a TimeoutError, on time",
  async () => {
    await using server = rawServer(() => [60_000]);
    const begun = performance.now();
    const error = await rejection(server.send(POST, { timeout: { connect: 200 } }));
    const took = performance.now() - begun;
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.phase, server.requests.length], ["connect", 1]);
    assert(took >= 195 && took < 1000, `took ${took} ms`);
  },
);

socketTest(
  "send() holds at most two sockets over six attempts against errors with bodies",
  async () => {
    const page = "x".repeat(200_000);
    const busy = `HTTP/1.1 503 Busy\r\ncontent-length: ${page.length}\r\n\r\n${page}`;
    await using server = rawServer(() => [busy]);
    const error = await rejection(server.send(GET, { retry: { ...FAST, maxRetries: 5 } }));
    assertInstanceOf(error, ApiError);
    assertEquals([server.requests.length, error.attempts], [6, 6]);
    assert(server.sockets.most <= 2, `${server.sockets.most} sockets were open at once`);
  },
);

socketTest("send() does not follow a redirect, so neither token nor prompt leaves", async () => {
  await using other = rawServer(() => [OK]);
  const elsewhere = await other.send({ ...GET, path: "/probe" }).then(() => other.requests.length);
  await using server = rawServer(() => [
    "HTTP/1.1 307 Moved\r\nlocation: http://localhost:1/steal\r\ncontent-length: 0\r\n\r\n",
  ]);
  for (const spec of [GET, POST]) {
    const error = await rejection(server.send(spec));
    assertInstanceOf(error, ConnectionError);
    assert(error.message.includes("redirect"), error.message);
  }
  assertEquals([server.requests.length, other.requests.length], [2, elsewhere]);
});

socketTest("send() closes the socket of a response that its reader cancels", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nsome";
  await using server = rawServer(() => [head, 60_000]);
  const response = await server.send({ ...GET, as: "response" }) as Response;
  const reader = response.body!.getReader();
  await reader.read();
  assertEquals(server.sockets.open, 1);
  await reader.cancel();
  // The server notices when it next writes or reads; what counts here is that nothing waits for it.
  assertEquals((await reader.read()).done, true);
});

Deno.test("a create keeps one connection, and what came of an answer that is cut", async () => {
  const whole = OK.replace("{}", '{"id":"a"}').replace("length: 2", "length: 10");
  const cut = OK.replace("{}", '{"id":"a",').replace("length: 2", "length: 99");
  await using server = rawServer((count) => count < 4 ? [whole] : [cut, null]);
  const spec: RequestSpec = { ...POST, salvage: (text) => ({ text }) };
  for (let call = 1; call < 4; call++) assertEquals(await server.send(spec), { id: "a" });
  assertEquals(await server.send(spec), { text: '{"id":"a",' });
  assertEquals([server.requests.length, server.sockets.total], [4, 1]);
});
