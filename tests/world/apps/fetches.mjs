/** 14.3 Other implementations of `fetch` and `AbortController`, in Node. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { AbortController as OtherController } from "abort-controller";
import crossFetch from "cross-fetch";
import nodeFetch from "node-fetch";
import * as undici from "undici";
import { ApiError, Client, ConnectionError } from "@x/replicate";
import { rejection, serveFake, shown, TOKEN } from "./fake.mjs";

const OTHERS = { "node-fetch": nodeFetch, "cross-fetch": crossFetch, "undici": undici.fetch };

/** `cross-fetch` has node-fetch 2 within, which knows no `FormData` but that of a package. */
const CANNOT_UPLOAD = ["cross-fetch"];

let world;
before(async () => world = await serveFake());
after(() => world.close());

for (const [name, fetch] of Object.entries(OTHERS)) {
  const client = (options) =>
    new Client({ auth: TOKEN, baseUrl: world.baseUrl, fetch, ...options });
  const both = () => [client(), client({ middleware: [(request, next) => next(request)] })];

  test(`14.3 ${name} runs a model, streams, lists and downloads, also with steps around it`, async () => {
    for (const each of both()) {
      assert.equal(await each.run("acme/poet", { input: {} }).text(), "Rain taps é☃");
      let text = "";
      for await (const piece of each.stream("acme/poet", { input: {} }).text()) text += piece;
      assert.equal(text, "Rain taps é☃");
      const file = await each.run("acme/painter", { input: {} }).file();
      assert.equal((await file.bytes()).length, 50_000);
      assert.equal((await file.text()).slice(0, 10), "a figa fig");
      assert.ok((await each.predictions.list()).results.length > 0);
    }
  });

  test(`14.3 ${name} sends a file within an input`, async () => {
    for (const each of both()) {
      const input = { text: new Blob(["Hello"]) };
      const fileEncoding = CANNOT_UPLOAD.includes(name) ? "data-uri" : "upload";
      assert.equal(await each.run("acme/read", { input, fileEncoding }), "Hello");
    }
  });

  test(`14.3 ${name} says what the server said`, async () => {
    const error = await rejection(client().predictions.get("nope"));
    assert.ok(error instanceof ApiError && error.status === 404, String(error));
  });

  test(`14.5 ${name} is tried again when nobody listens, also for a POST`, async () => {
    const gone = createServer().listen(0, "127.0.0.1");
    await once(gone, "listening");
    const { port } = gone.address();
    gone.close();
    await once(gone, "close");
    const nobody = client({
      baseUrl: `http://127.0.0.1:${port}/v1`,
      retry: { maxRetries: 1, minDelay: 1 },
    });
    const error = await rejection(
      nobody.predictions.create({ version: "acme/poet", input: { prompt: "private" } }),
    );
    assert.ok(error instanceof ConnectionError, await shown(error));
    assert.equal(error.attempts, 2);
    assert.ok(!error.message.includes("may have been accepted"), error.message);
    assert.ok(!/private|r8_secret/.test(await shown(error)), await shown(error));
  });

  test(`14.3 ${name} is ended by a signal of abort-controller`, async () => {
    const controller = new OtherController();
    const silent = createServer(() => controller.abort()).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address();
    const slow = client({ baseUrl: `http://127.0.0.1:${port}/v1` });
    const error = await rejection(slow.account.get({ signal: controller.signal }));
    assert.equal(error.name, "AbortError");
    silent.closeAllConnections();
    silent.close();
  });
}
