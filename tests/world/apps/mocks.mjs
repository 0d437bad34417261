/** 14.3 and 14.5 Tools that stand in for the network in tests: nock and msw. */

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import nock from "nock";
import { ApiError, Client, ReplicateError } from "@x/replicate";
import { PROMPT, rejection, shown, TOKEN } from "./fake.mjs";

const API = "https://api.replicate.com";
const DONE = {
  id: "k7m2",
  status: "succeeded",
  model: "acme/poet",
  input: {},
  output: ["Rain", " taps"],
  urls: { get: `${API}/v1/predictions/k7m2`, cancel: `${API}/v1/predictions/k7m2/cancel` },
};
const input = { prompt: PROMPT };

/** Once more with a step, as that hands the request on in another form. */
const clients = () => [
  new Client({ auth: TOKEN, retry: { minDelay: 1 } }),
  new Client({
    auth: TOKEN,
    retry: { minDelay: 1 },
    middleware: [(request, next) => next(request)],
  }),
];

test("nock", async (t) => {
  before(() => nock.disableNetConnect());
  afterEach(() => nock.cleanAll());
  after(() => {
    nock.enableNetConnect();
    nock.restore();
  });

  await t.test("14.3 nock answers a run, a list of two pages and a file", async () => {
    for (const client of clients()) {
      const scope = nock(API, { reqheaders: { authorization: `Bearer ${TOKEN}` } })
        .post("/v1/models/acme/poet/predictions", { input })
        .reply(201, DONE)
        .get("/v1/predictions")
        .reply(200, { results: [{ id: "a" }], next: `${API}/v1/predictions?cursor=2` })
        .get("/v1/predictions?cursor=2")
        .reply(200, { results: [{ id: "b" }], next: null });
      nock("https://replicate.delivery").get("/fig.txt").reply(200, "a fig");
      assert.equal(await client.run("acme/poet", { input }).text(), "Rain taps");
      const ids = [];
      for await (const { id } of client.predictions.list()) ids.push(id);
      assert.deepEqual(ids, ["a", "b"]);
      scope.done();
    }
  });

  await t.test("14.5 nock answers 503 once, and the call is sent again", async () => {
    for (const client of clients()) {
      nock(API).get("/v1/account").reply(503).get("/v1/account").reply(200, { username: "ada" });
      assert.equal((await client.account.get()).username, "ada");
    }
  });

  await t.test("14.5 nock refuses a request, and neither token nor prompt is in the error", async () => {
    for (const client of clients()) {
      const error = await rejection(client.run("acme/poet", { input }));
      assert.ok(error instanceof ReplicateError, String(error));
      assert.match(error.message, /^Cannot create a prediction for acme\/poet: /);
      const text = await shown(error);
      assert.ok(!text.includes(TOKEN) && !text.includes(PROMPT), text);
    }
  });
});

test("msw", async (t) => {
  const server = setupServer();
  server.listen({ onUnhandledRequest: "error" });
  afterEach(() => server.resetHandlers());
  after(() => server.close());

  await t.test("14.3 msw answers a run, an upload and a file", async () => {
    for (const client of clients()) {
      const seen = [];
      server.use(
        http.post(`${API}/v1/files`, async ({ request }) => {
          const form = await request.formData();
          const { size, name } = form.get("content");
          seen.push(name);
          return HttpResponse.json({
            id: "f",
            size,
            checksums: {},
            urls: { get: `${API}/v1/files/f` },
          });
        }),
        http.post(`${API}/v1/models/acme/poet/predictions`, async ({ request }) => {
          seen.push((await request.json()).input.image, request.headers.get("authorization"));
          return HttpResponse.json({ ...DONE, output: "https://replicate.delivery/fig.txt" });
        }),
        http.get("https://replicate.delivery/fig.txt", ({ request }) => {
          seen.push(request.headers.get("authorization"));
          return HttpResponse.text("a fig");
        }),
      );
      const image = new File(["a fig"], "fig.png", { type: "image/png" });
      const file = await client.run("acme/poet", { input: { image } }).file();
      assert.equal(await file.text(), "a fig");
      assert.deepEqual(seen, ["fig.png", `${API}/v1/files/f`, `Bearer ${TOKEN}`, null]);
    }
  });

  await t.test("14.3 msw answers 429 and 422, and the errors have the server's words", async () => {
    for (const client of clients()) {
      let requests = 0;
      server.use(
        http.post(
          `${API}/v1/models/acme/poet/predictions`,
          () =>
            ++requests === 1
              ? HttpResponse.json({ detail: "slow down" }, { status: 429 })
              : HttpResponse.json({ detail: "prompt is missing" }, { status: 422 }),
        ),
      );
      const error = await rejection(client.run("acme/poet", { input }));
      assert.ok(error instanceof ApiError && error.status === 422, String(error));
      assert.deepEqual([error.detail, requests], ["prompt is missing", 2]);
    }
  });

  await t.test("14.5 msw fails the network, and neither token nor prompt is in the error", async () => {
    for (const client of clients()) {
      server.use(
        http.post(`${API}/v1/models/acme/poet/predictions`, () => HttpResponse.error()),
      );
      const error = await rejection(client.run("acme/poet", { input }));
      assert.ok(error instanceof ReplicateError, String(error));
      const text = await shown(error);
      assert.ok(!text.includes(TOKEN) && !text.includes(PROMPT), text);
    }
  });
});
