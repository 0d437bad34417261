/** 13.12, 13.13 and 13.15 Express and Fastify, with our handlers by `toNodeHandler`. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { after, before, test } from "node:test";
import express from "express";
import fastify from "fastify";
import { Client } from "@x/replicate";
import { proxyHandler } from "@x/replicate/serve";
import { signWebhook, toNodeHandler, webhookHandler } from "@x/replicate/webhooks";
import { listen, newFake, TOKEN } from "./fake.mjs";

const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

let fake;
before(() => fake = newFake());
after(() => fake[Symbol.asyncDispose]());

/** Each server, with a webhook, and a proxy for pages. */
const SERVERS = {
  async express(hook, proxy) {
    const app = express();
    app.post("/hook", toNodeHandler(hook));
    // With `use`, Express cuts the start off the URL.
    app.use("/api/replicate", toNodeHandler(proxy));
    app.use(express.json());
    app.get("/", (_, res) => res.send("home"));
    return await listen(app);
  },
  async fastify(hook, proxy) {
    const app = fastify();
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_, __, done) => done(null));
    const hijacked = (handler) => (request, reply) => {
      reply.hijack();
      return toNodeHandler(handler)(request.raw, reply.raw);
    };
    app.post("/hook", hijacked(hook));
    app.all("/api/replicate/*", hijacked(proxy));
    app.get("/", () => "home");
    const origin = await app.listen({ host: "127.0.0.1", port: 0 });
    return { origin, close: () => app.close() };
  },
};

for (const [name, serve] of Object.entries(SERVERS)) {
  test(name, async (t) => {
    const seen = [];
    const hook = webhookHandler({ secret, on: { completed: ({ id }) => void seen.push(id) } });
    const proxy = proxyHandler({
      client: new Client({ auth: TOKEN, fetch: fake.fetch }),
      allow: { models: ["acme/poet"], user: () => "ada" },
    });
    const { origin, close } = await serve(hook, proxy);
    const page = () =>
      new Client({
        // The proxy has a token of its own, and never passes on that of a page.
        auth: "of-a-page",
        baseUrl: `${origin}/api/replicate`,
        headers: { origin, "sec-fetch-site": "same-origin" },
      });

    await t.test(`13.12 ${name} verifies a webhook, once, and refuses a forged one`, async () => {
      const body = JSON.stringify({ id: "k7m2", status: "succeeded", output: "é☃", urls: {} });
      const headers = await signWebhook(body, { secret });
      const post = (init) => fetch(`${origin}/hook`, { method: "POST", ...init });
      assert.equal((await post({ body, headers })).status, 204);
      assert.equal((await post({ body, headers })).status, 204);
      assert.equal((await post({ body: `${body} `, headers })).status, 401);
      assert.deepEqual(seen, ["k7m2"]);
    });

    await t.test(`13.12 ${name} lets a page run and stream through the proxy`, async () => {
      assert.equal(await page().run("acme/poet", { input: {} }).text(), "Rain taps é☃");
      let text = "";
      for await (const piece of page().stream("acme/poet", { input: {} }).text()) text += piece;
      assert.equal(text, "Rain taps é☃");
    });

    await t.test(`13.12 ${name} lives on after GET //, a broken target and TRACE`, async () => {
      const { port } = new URL(origin);
      for (
        const [method, path] of [["GET", "//"], ["GET", "http://["], ["TRACE", "/api/replicate/x"]]
      ) {
        const request = httpRequest({ host: "127.0.0.1", port, method, path });
        request.end();
        const [answer] = await once(request, "response");
        answer.resume();
        assert.ok(answer.statusCode < 600);
      }
      assert.equal(await (await fetch(origin)).text(), "home");
    });

    await close();
  });
}

test("13.13 a handler given to Express as it is answers with an error that names the adapter", async () => {
  const app = express();
  app.post("/hook", webhookHandler({ secret, on: { completed() {} } }));
  let said;
  // deno-lint-ignore no-unused-vars
  app.use((error, req, res, next) => {
    said = error;
    res.status(500).end();
  });
  const { origin, close } = await listen(app);
  assert.equal((await fetch(`${origin}/hook`, { method: "POST" })).status, 500);
  assert.match(said.message, /toNodeHandler/);
  await close();
});
