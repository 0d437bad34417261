// @ts-types="npm:@types/express@5.0.5"
import express from "npm:express@5.3.0";
import { Hono } from "npm:hono@4.13.19";
import type { AddressInfo } from "node:net";
import { assertEquals } from "@std/assert";
import { Client } from "../../mod.ts";
import { type Handler, proxyHandler, toNodeHandler } from "../../src/serve/mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";

const run = async function* ({ text }: { text?: unknown }): AsyncGenerator<string> {
  yield* ["Hello, ", String(text)];
};
const models = { "acme/hello": { official: true, run } };

/** The handler of a proxy on a fake. */
function proxyOn(fake: FakeReplicate): Handler {
  const client = new Client({ auth: "r8_secret", fetch: fake.fetch });
  return proxyHandler({ client, allow: { models: ["acme/hello"] } });
}

/** Runs a model, and streams it, as a page behind the server does. */
async function visit(origin: string): Promise<void> {
  const page = new Client({ auth: "none", baseUrl: `${origin}/api/replicate` });
  const input = { text: "Ada" };
  assertEquals(await page.run("acme/hello", { input }).text(), "Hello, Ada");
  let text = "";
  for await (const piece of page.stream("acme/hello", { input }).text()) text += piece;
  assertEquals(text, "Hello, Ada");
}

Deno.test("docs/frameworks.md: the line for Express works on the real Express", async () => {
  await using fake = new FakeReplicate({ models });
  const app = express();
  app.use("/api/replicate", toNodeHandler(proxyOn(fake)));
  app.use(express.json());
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    await visit(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("docs/frameworks.md: the line for Hono works on the real Hono", async () => {
  await using fake = new FakeReplicate({ models });
  const handler = proxyOn(fake);
  const app = new Hono();
  app.all("/api/replicate/*", (c) => handler(c.req.raw));
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    app.fetch,
  );
  await visit(`http://127.0.0.1:${server.addr.port}`);
});

Deno.test("docs/frameworks.md: handlers have the form of routes of Next and SvelteKit", async () => {
  await using fake = new FakeReplicate({ models });
  const handler = proxyOn(fake);
  // As they are typed in Next 16 (app router) and SvelteKit 2.
  type NextRoute = (
    request: Request,
    context: { params: Promise<{ path: string[] }> },
  ) => Response | Promise<Response>;
  type SvelteRoute = (event: { request: Request }) => Response | Promise<Response>;
  const GET: NextRoute = handler;
  const svelte: SvelteRoute = ({ request }) => handler(request);
  const url = "https://app.example/api/replicate/models/acme/other/predictions";
  const request = (): Request => new Request(url, { method: "POST", body: '{"input":{}}' });
  const params = Promise.resolve({ path: [] });
  assertEquals((await GET(request(), { params })).status, 403);
  assertEquals((await svelte({ request: request() })).status, 403);
});
