/** 14.3 The client in a DOM of happy-dom and of jsdom, under Vitest and under Jest. */

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
    test(`14.3 ${where}: a Blob and a File of the DOM as input, by ${fileEncoding}`, async () => {
      const sent = [];
      const answers = {
        files: { id: "f", size: 8, checksums: {}, urls: { get: "https://api.test/v1/files/f" } },
        predictions: { id: "p", status: "succeeded", output: "ok", urls: {} },
      };
      const fetch = async (url, init) => {
        sent.push(await new Request(url, init).text());
        return Response.json(answers[url.split("/").at(-1)]);
      };
      const client = new Client({ auth: TOKEN, fetch, baseUrl: "https://api.test/v1" });
      for (const image of [new Blob(["Hello é"]), new File(["Hello é"], "a.txt")]) {
        sent.length = 0;
        expect(await client.run("acme/read", { input: { image }, fileEncoding })).toBe("ok");
        const { input } = JSON.parse(sent.at(-1));
        if (fileEncoding === "upload") {
          expect(sent[0]).toContain("Hello é");
          expect(input.image).toBe("https://api.test/v1/files/f");
        } else expect(input.image).toMatch(/^data:[^,]*;base64,SGVsbG8gw6k=$/);
      }
    });
  }

  test(`14.3 ${where}: the fake gets a Blob of the DOM, either way`, () =>
    withFake(async (client) => {
      const input = { text: new Blob(["Hello é"]) };
      for (const fileEncoding of ["upload", "data-uri"]) {
        expect(await client.run("acme/read", { input, fileEncoding })).toBe("Hello é");
      }
    }));

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
