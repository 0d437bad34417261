import { assertEquals } from "@std/assert";
import { EventEmitter } from "node:events";
import { type NodeRequest, type NodeResponse, toNodeHandler } from "../../src/webhooks/node.ts";

/** A request and a response of `node:http`, without a socket. */
function exchange(init: Partial<NodeRequest> & Record<string, unknown> = {}) {
  const seen = { status: 0, text: "", ended: false, destroyed: false };
  const headers = { host: "example.com" };
  const idle = { pause: () => {}, resume: () => {} };
  const req = Object.assign(new EventEmitter(), { url: "/a", headers, ...idle }, init);
  const res = Object.assign(new EventEmitter(), {
    headersSent: false,
    get writableFinished() {
      return seen.ended;
    },
    writeHead(status: number) {
      seen.status = status;
      res.headersSent = true;
    },
    flushHeaders() {},
    write(chunk: Uint8Array) {
      seen.text += new TextDecoder().decode(chunk);
      return true;
    },
    end: () => seen.ended = true,
    destroy: () => seen.destroyed = true,
  });
  return { req: req as unknown as NodeRequest & EventEmitter, res: res as NodeResponse, seen };
}

/** Runs without what the handler prints. */
async function silently(work: () => Promise<void>): Promise<string[]> {
  const { error } = console;
  const lines: string[] = [];
  console.error = (...parts: unknown[]) => void lines.push(parts.map(String).join(" "));
  try {
    await work();
  } finally {
    console.error = error;
  }
  return lines;
}

const echo = async (request: Request): Promise<Response> =>
  new Response(`${request.method} ${request.url} ${await request.text()}`);

Deno.test("toNodeHandler() reads the address of a request, by TLS or without", async () => {
  const cases: [Record<string, unknown>, string][] = [
    [{}, "GET http://example.com/a "],
    [{ socket: null, headers: {} }, "GET http://localhost/a "],
    [{ socket: { encrypted: true } }, "GET https://example.com/a "],
    [
      { method: "GET", url: "/b", originalUrl: "/hooks/b?x=1" },
      "GET http://example.com/hooks/b?x=1 ",
    ],
    [{ url: "http://evil.example/c" }, "GET http://example.com/c "],
  ];
  for (const [init, text] of cases) {
    const { req, res, seen } = exchange(init);
    await toNodeHandler(echo)(req, res);
    assertEquals([seen.status, seen.text, seen.ended], [200, text, true]);
  }
});

Deno.test("toNodeHandler() answers 400 to what could be read as another host", async () => {
  const headers = { host: "example.com@evil.example" };
  for (const init of [{ headers }, { url: "//evil.example/a" }, { url: "/\\evil.example" }]) {
    const { req, res, seen } = exchange(init);
    await toNodeHandler(echo)(req, res);
    assertEquals(seen.status, 400);
  }
});

Deno.test("toNodeHandler() passes on headers, without those of HTTP/2 and those that are not set", async () => {
  const headers = { host: "example.com", ":method": "GET", "x-a": undefined, "x-b": ["1", "2"] };
  const { req, res, seen } = exchange({ headers });
  await toNodeHandler((request) =>
    Response.json([...request.headers].filter(([it]) => it !== "host"))
  )(
    req,
    res,
  );
  assertEquals(JSON.parse(seen.text), [["x-b", "1, 2"]]);
});

Deno.test("toNodeHandler() takes a body that a parser has left raw", async () => {
  for (const body of ["hi", new TextEncoder().encode("hi")]) {
    const { req, res, seen } = exchange({ method: "POST", body, readableEnded: true });
    await toNodeHandler(echo)(req, res);
    assertEquals(seen.text, "POST http://example.com/a hi");
  }
});

Deno.test("toNodeHandler() reads a body piece by piece", async () => {
  const pieces = ["a", "b"];
  const { req, res, seen } = exchange({ method: "POST" });
  const give = () =>
    queueMicrotask(() => {
      const piece = pieces.shift();
      if (piece === undefined) req.emit("end");
      else req.emit("data", new TextEncoder().encode(piece));
    });
  Object.assign(req, { resume: give });
  req.once("newListener", function next(name: string) {
    if (name === "data") give();
    else req.once("newListener", next);
  });
  await toNodeHandler(echo)(req, res);
  assertEquals(seen.text, "POST http://example.com/a ab");
});

Deno.test("toNodeHandler() rejects the reading of a body whose client has left", async () => {
  const gone = exchange({ method: "POST", destroyed: true });
  const lines = await silently(() => toNodeHandler(echo)(gone.req, gone.res));
  assertEquals(gone.seen.status, 500);
  assertEquals(lines.length, 1);
  const leaving = exchange({ method: "POST" });
  leaving.req.on("newListener", (name: string) => {
    if (name === "data") queueMicrotask(() => leaving.req.emit("close"));
  });
  const why: string[] = [];
  const answer = toNodeHandler(async (request) => {
    await request.text().catch((error: Error) => why.push(error.message));
    return new Response();
  })(leaving.req, leaving.res);
  await answer;
  assertEquals(why, ["the client has left"]);
});

Deno.test("toNodeHandler() answers 500 if the answer breaks before its first byte, and cuts it after", async () => {
  const unsendable = exchange();
  Object.assign(unsendable.res, {
    writeHead(status: number) {
      if (status === 200) throw new TypeError("bad header");
      unsendable.seen.status = status;
    },
  });
  const broken = exchange();
  const lines = await silently(async () => {
    await toNodeHandler(() => new Response("x"))(unsendable.req, unsendable.res);
    const stream = new ReadableStream({
      pull() {
        throw new TypeError("broken");
      },
    });
    await toNodeHandler(() => new Response(stream))(broken.req, broken.res);
  });
  assertEquals([unsendable.seen.status, unsendable.seen.ended], [500, true]);
  assertEquals([broken.seen.destroyed, broken.seen.ended], [true, false]);
  assertEquals(lines, [
    "Cannot answer undefined /a: TypeError: bad header",
    "Cannot answer undefined /a: TypeError: broken",
  ]);
});

Deno.test("toNodeHandler() sends no body to HEAD, and nothing to a client who has left", async () => {
  const head = exchange({ method: "HEAD" });
  await toNodeHandler(() => new Response("x"))(head.req, head.res);
  assertEquals([head.seen.text, head.seen.ended], ["", true]);
  const none = exchange({ method: "HEAD" });
  await toNodeHandler(() => new Response(null, { status: 204 }))(none.req, none.res);
  assertEquals([none.seen.status, none.seen.ended], [204, true]);
  const left = exchange();
  await toNodeHandler(() => {
    left.res.on("error", () => {});
    (left.res as unknown as EventEmitter).emit("close");
    return new Response("x");
  })(left.req, left.res);
  assertEquals([left.seen.status, left.seen.ended], [0, false]);
});
