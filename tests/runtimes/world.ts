/** The servers that a runtime under test talks to: a fake Replicate, and one that resets. */

import { encodeHex } from "@std/encoding/hex";
import { type FakeModel, FakeReplicate } from "../../src/testing/mod.ts";

/** The servers for one runtime, which it has for itself. */
export interface World extends AsyncDisposable {
  /** The origin of the fake. */
  origin: string;
  /** The origin of a server that resets a kept-alive connection after its first answer. */
  resetOrigin: string;
  /** The `user-agent` headers of the requests to the API. */
  agents(): Set<string>;
  /** The requests that should not have come, and those that did not come. */
  problems(): string;
  /** Serves a text to a page. */
  serve(path: string, type: string, text: string): void;
  /** The results that a page posts to `/__results`. */
  posted: Promise<unknown>;
}

const official = (model: FakeModel): FakeModel => ({ official: true, ...model });

const MODELS: Record<string, FakeModel> = {
  "acme/hello": official({ run: ({ name }) => `hello ${name}` }),
  "acme/steps": official({
    async *run(_, job) {
      for (const word of ["one", "two", "three"]) {
        await job.sleep(30);
        yield word;
      }
    },
  }),
  "acme/painter": { run: () => new File(["a picture"], "p.png", { type: "image/png" }) },
  "acme/muralist": official({
    run: () =>
      new File([new Uint8Array(3_000_000).map((_, i) => i)], "m.png", { type: "image/png" }),
  }),
  "acme/reader": official({ run: ({ file }, job) => job.file(String(file)).text() }),
  "acme/strict": official({
    run: () => "",
    schema: { type: "object", properties: { steps: { type: "integer", maximum: 4 } } },
  }),
  "acme/broken": official({ run: (_, job) => job.fail("out of paint") }),
  "acme/slow": official({ run: (_, job) => job.sleep(60_000) }),
  "acme/endless": official({
    async *run(_, job) {
      for (;;) {
        await job.sleep(10);
        yield "and ";
      }
    },
  }),
};

/** Starts the servers. */
export function startWorld(): World {
  const fake = new FakeReplicate({
    models: MODELS,
    pageSize: 4,
    faults: [
      { match: { path: "/account" }, status: 503 },
      { match: { path: "/hardware" }, hang: true },
    ],
  });
  let redirected = 0;
  const extra: Record<string, () => Response> = {
    "/__seen": () =>
      Response.json({
        cancels: fake.cancels,
        requests: fake.requests.map(({ method, path }) => `${method} ${path}`),
      }),
    "/__redirect": () =>
      new Response(null, { status: 307, headers: { location: "/__redirected/now" } }),
    "/__redirected/now": () => Response.json(++redirected),
    "/__redirected": () => Response.json(redirected),
    "/__results": () => new Response(null),
    "/favicon.ico": () => new Response(null, { status: 204 }),
  };
  const { promise: posted, resolve } = Promise.withResolvers<unknown>();
  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname === "/__results") resolve(await request.json());
    if (pathname === "/__put") return await receipt(request);
    const found = extra[pathname];
    if (found) return found();
    const response = await fake.handle(request);
    const headers = new Headers(response.headers);
    if (request.method === "GET") headers.set("cache-control", "public, max-age=60");
    return new Response(response.body, { status: response.status, headers });
  };
  const quiet = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(
    { ...quiet, onError: () => new Response(null, { status: 500 }) },
    handle,
  );
  const reset = startResetServer();
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    resetOrigin: reset.origin,
    // A download is no request to the API, and has what the runtime says of itself.
    agents: () =>
      new Set(
        fake.requests.filter(({ operation }) => operation !== "outputs.get")
          .map(({ headers }) => headers["user-agent"] ?? ""),
      ),
    posted,
    serve(path, type, text) {
      const headers = { "content-type": `${type}; charset=utf-8` };
      extra[path] = () => new Response(text, { headers });
    },
    problems() {
      try {
        fake.assertDone();
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    },
    async [Symbol.asyncDispose]() {
      await fake[Symbol.asyncDispose]();
      reset.close();
      await server.shutdown();
    },
  };
}

/** The facts about a PUT, as a store that wants to know the length would see them. */
async function receipt({ method, headers, body }: Request): Promise<Response> {
  const bytes = new Uint8Array(await new Response(body).arrayBuffer());
  return Response.json({
    method,
    length: Number(headers.get("content-length")),
    type: headers.get("content-type"),
    sha256: encodeHex(await crypto.subtle.digest("SHA-256", bytes)),
  });
}

const ALLOW = [
  "access-control-allow-origin: *",
  "access-control-allow-headers: *, authorization",
  "access-control-max-age: 60",
];

/**
 * Answers the first POST, and resets the connection of each that follows once it has all of it.
 * `/count` says how many there were. A page is allowed to ask, as it is on another origin.
 */
function startResetServer(): { origin: string; close(): void } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.TcpConn>();
  let posts = 0;
  const answer = (method: string): string | undefined => {
    if (method === "POST" && ++posts > 1) return undefined;
    const body = method === "POST" ? '{"id":"a","status":"starting"}' : String(posts);
    const head = ["HTTP/1.1 200 OK", ...ALLOW, `content-length: ${body.length}`];
    return [...head, "content-type: application/json", "", body].join("\r\n");
  };
  const talk = async (connection: Deno.TcpConn): Promise<void> => {
    connections.add(connection);
    const buffer = new Uint8Array(65_536);
    let text = "";
    try {
      for (let read; (read = await connection.read(buffer)) !== null;) {
        text += new TextDecoder().decode(buffer.subarray(0, read));
        if (!isWhole(text)) continue;
        const reply = answer(text.split(" ", 1)[0] ?? "");
        if (reply === undefined) break;
        text = "";
        await connection.write(new TextEncoder().encode(reply));
      }
    } catch {
      // The client went away.
    } finally {
      if (connections.delete(connection)) connection.close();
    }
  };
  const accept = async (): Promise<void> => {
    for await (const connection of listener) talk(connection);
  };
  accept().catch(() => {});
  return {
    origin: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    close() {
      listener.close();
      for (const connection of connections) connection.close();
      connections.clear();
    },
  };
}

/** Tells whether a request has arrived to its end, be it of known length or in chunks. */
function isWhole(text: string): boolean {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return false;
  if (/^transfer-encoding: chunked/im.test(text)) return text.endsWith("\r\n0\r\n\r\n");
  const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
  return text.length >= head + 4 + length;
}
