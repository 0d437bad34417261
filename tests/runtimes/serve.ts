/** A server for a handler, on Bun and Node, as the documents of `webhookHandler` show it. */

import { type NodeHandler, toNodeHandler } from "@x/replicate/webhooks";
import type { Serve } from "./checks.ts";

type Handler = Parameters<Serve>[0];

interface NodeHttp {
  createServer(listener: NodeHandler): {
    listen(port: number, host: string, ready: () => void): void;
    address(): { port: number };
    close(): void;
  };
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
  const server = createServer(toNodeHandler(handler));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
