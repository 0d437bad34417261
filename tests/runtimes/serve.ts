/** A server for a handler, on Bun and Node, as the documents of `webhookHandler` show it. */

import type { Serve } from "./checks.ts";

type Handler = Parameters<Serve>[0];

interface NodeHttp {
  createServer(listener: (req: NodeRequest, res: NodeAnswer) => Promise<void>): {
    listen(port: number, host: string, ready: () => void): void;
    address(): { port: number };
    close(): void;
  };
}

interface NodeRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
}

interface NodeAnswer {
  writeHead(status: number): { end(text: string): void };
}

interface Globals {
  Bun?: {
    serve(options: { port: number; hostname: string; fetch: Handler }): {
      url: URL;
      stop(now: boolean): void;
    };
  };
  process?: { getBuiltinModule(name: string): unknown };
}

/** Serves a handler on this machine. */
export async function serve(handler: Handler): ReturnType<Serve> {
  const { Bun, process } = globalThis as unknown as Globals;
  if (Bun) {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: handler });
    return { url: server.url.href, close: () => server.stop(true) };
  }
  const { createServer } = process!.getBuiltinModule("node:http") as NodeHttp;
  const { Readable } = process!.getBuiltinModule("node:stream") as {
    Readable: { toWeb(stream: unknown): ReadableStream };
  };
  const server = createServer(async (req, res) => {
    const init: RequestInit & { duplex: "half" } = {
      method: req.method,
      headers: req.headers,
      duplex: "half",
    };
    if (req.method === "POST") init.body = Readable.toWeb(req);
    const answer = await handler(new Request(new URL(req.url, "http://localhost"), init));
    res.writeHead(answer.status).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
