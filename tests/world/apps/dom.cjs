/** 14.3 What is run in a DOM of happy-dom and of jsdom, under Vitest and under Jest. */

const { ApiError, Client, ConnectionError } = require("@x/replicate");
const { FakeReplicate } = require("@x/replicate/testing");

const TOKEN = "r8_secret_0123456789";

exports.defineTests = function defineTests({ test, expect, where }) {
  const withFake = async (use) => {
    const fake = new FakeReplicate({
      models: {
        "acme/poet": { official: true, run: () => ["Rain", " taps"] },
        "acme/read": { official: true, run: ({ text }, job) => job.file(String(text)).text() },
      },
    });
    try {
      await use(new Client({ auth: TOKEN, fetch: fake.fetch }), fake);
    } finally {
      await fake[Symbol.asyncDispose]();
    }
  };

  test(`14.3 ${where}: a run and a stream on the fake`, () =>
    withFake(async (client) => {
      expect(await client.run("acme/poet", { input: {} }).text()).toBe("Rain taps");
      let text = "";
      for await (const piece of client.stream("acme/poet", { input: {} }).text()) text += piece;
      expect(text).toBe("Rain taps");
    }));

  for (const fileEncoding of ["upload", "data-uri"]) {
    test(`14.3 ${where}: a Blob and a File of the DOM as input, by ${fileEncoding}`, () =>
      withFake(async (client) => {
        for (const text of [new Blob(["Hello é"]), new File(["Hello é"], "a.txt")]) {
          expect(await client.run("acme/read", { input: { text }, fileEncoding })).toBe("Hello é");
        }
      }));
  }

  test(`14.3 ${where}: a signal of the DOM ends a run, with its reason`, () =>
    withFake(async (client) => {
      const controller = new AbortController();
      controller.abort();
      const { signal } = controller;
      const error = await client.run("acme/poet", { input: {}, signal }).catch((error) => error);
      expect(error.name).toBe("AbortError");
    }));

  test(`14.3 ${where}: an error of another realm is known, and tried again`, async () => {
    const { runInNewContext } = require("node:vm");
    let requests = 0;
    const lost = () => {
      requests++;
      const error = runInNewContext('new TypeError("fetch failed")');
      error.cause = runInNewContext('Object.assign(new Error("no"), { code: "ECONNREFUSED" })');
      return Promise.reject(error);
    };
    const client = new Client({ auth: TOKEN, fetch: lost, retry: { maxRetries: 2, minDelay: 1 } });
    const error = await client.account.get().catch((error) => error);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(requests).toBe(3);
  });

  test(`14.3 ${where}: an error of the server is an ApiError`, () =>
    withFake(async (client) => {
      const error = await client.predictions.get("nope").catch((error) => error);
      expect(error).toBeInstanceOf(ApiError);
      expect(error.status).toBe(404);
    }));

  test(`13.6 ${where}: a token is no matter where the fetch is the test's own`, () => {
    expect(() => new Client({ auth: TOKEN, fetch: () => Promise.reject(new Error("no")) })).not
      .toThrow();
  });
};
