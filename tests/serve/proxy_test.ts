import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ApiError,
  Client,
  type ClientOptions,
  PredictionError,
  RateLimitError,
} from "../../mod.ts";
import { proxyHandler, type ProxyOptions } from "../../src/serve/mod.ts";
import { type FakeModel, FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { expiringStore } from "../../src/webhooks/mod.ts";

const SITE = "https://example.com";
const TOKEN = "r8_0123456789012345678901234567890123456";

const MODELS: Record<string, FakeModel> = {
  "acme/hello": { official: true, run: ({ text }) => `Hello, ${text}` },
  "acme/community": { run: ({ text }) => `Hi, ${text}`, versions: 2 },
  "acme/poet": {
    official: true,
    run: async function* () {
      yield* ["Rain", " taps", ".\n\n", "Soft"];
    },
  },
  "acme/painter": { official: true, run: () => new Blob(["a fig"], { type: "image/png" }) },
  "acme/broken": {
    official: true,
    run: (_, job) => job.fail("out of paint"),
  },
  "acme/slow": { official: true, run: (_, job) => job.sleep(60_000) },
  "acme/secret": { official: true, run: () => "secret" },
};

interface Site {
  fake: FakeReplicate;
  /** A client as in a page. */
  page: Client;
  /** Sends what a page's client would not. */
  ask: (method: string, path: string, init?: RequestInit) => Promise<Response>;
  /** All that pages have sent and got: `METHOD url status`, and every text. */
  seen: { lines: string[]; text: string };
  server: Client;
}

/** A site with a proxy, and a page in it. */
function site(
  options: Partial<ProxyOptions> & { models?: string[] } = {},
  page: ClientOptions = {},
): Site {
  const fake = new FakeReplicate({ models: MODELS, token: TOKEN });
  const server = new Client({ auth: TOKEN, fetch: fake.fetch, retry: false });
  const { models = Object.keys(MODELS).filter((it) => it !== "acme/secret"), allow, ...rest } =
    options;
  const handler = proxyHandler({ client: server, allow: { ...allow, models }, ...rest });
  const seen = { lines: [] as string[], text: "" };
  const ask: Site["ask"] = (method, path, init) =>
    handler(
      new Request(path.startsWith("http") ? path : `${SITE}/api/replicate${path}`, {
        method,
        ...init,
      }),
    );
  const client = new Client({
    auth: "none",
    baseUrl: `${SITE}/api/replicate`,
    retry: false,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      request.headers.set("origin", SITE);
      const response = await handler(request);
      seen.lines.push(`${request.method} ${request.url} ${response.status}`);
      seen.text += JSON.stringify([...response.headers]);
      if (!response.body) return response;
      const [one, two] = response.body.tee();
      new Response(two).text().then((text) => seen.text += text).catch(() => {});
      return new Response(one, response);
    },
    ...page,
  });
  return { fake, page: client, ask, seen, server };
}

const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

Deno.test("proxyHandler() lets the client of a page run models, and no token out", async () => {
  const { fake, page, seen } = site();
  await using _ = fake;
  assertEquals(await page.run("acme/hello", { input: { text: "Ada" } }), "Hello, Ada");
  assertEquals(await page.run("acme/community", { input: { text: "Ada" } }), "Hi, Ada");
  const older = `acme/community:${fake.version("acme/community", 1)}` as const;
  assertEquals(await page.run(older, { input: { text: "Ada" } }), "Hi, Ada");
  assert(!seen.text.includes(TOKEN) && !seen.text.includes("api.replicate.com/v1/predictions"));
  assert(seen.lines.every((line) => line.includes(`${SITE}/api/replicate/`)));
});

Deno.test("proxyHandler() streams, from its own origin", async () => {
  const { fake, page, seen } = site();
  await using _ = fake;
  const pieces = await Array.fromAsync(page.stream("acme/poet", { input: {} }).text());
  assertEquals(pieces, ["Rain", " taps", ".\n\n", "Soft"]);
  assert(seen.lines.some((line) => /\/predictions\/\w+\/stream 200$/.test(line)));
  assert(!seen.text.includes("stream.replicate.com"));
});

Deno.test("proxyHandler() goes on with a stream after the event that a page has", async () => {
  const { fake, page, ask } = site();
  await using _ = fake;
  const { urls } = await page.predictions.create({ version: "acme/poet", input: {}, wait: true });
  const all = await (await ask("GET", urls.stream!)).text();
  const ids = [...all.matchAll(/^id: (.*)$/mg)].map(([, id]) => id!);
  const headers = { "last-event-id": ids[1]! };
  const rest = await (await ask("GET", urls.stream!, { headers })).text();
  assertEquals([...rest.matchAll(/^id: (.*)$/mg)].map(([, id]) => id!), ids.slice(2));
  assert(rest.includes("event: done"));
  const unknown = await ask("GET", urls.stream!, { headers: { "last-event-id": "0:0" } });
  assertEquals(await unknown.text(), ": hi\n\n");
});

Deno.test("proxyHandler() gives the files of an output as they are", async () => {
  const { fake, page } = site();
  await using _ = fake;
  const output = await page.run("acme/painter", { input: {} });
  assert(String(output).startsWith("https://replicate.delivery/"));
});

Deno.test("proxyHandler() passes on why a run failed, and what the API refuses", async () => {
  const { fake, page } = site();
  await using _ = fake;
  const run = (): Promise<unknown> => page.run("acme/broken", { input: {} });
  assertEquals((await assertRejects(run, PredictionError)).message.includes("out of paint"), true);
  const stream = (): Promise<unknown> => Array.fromAsync(page.stream("acme/broken", { input: {} }));
  await assertRejects(stream, PredictionError, "out of paint");
});

Deno.test("proxyHandler() refuses every other model, in whichever way it is named", async () => {
  const { fake, page, ask } = site({ models: ["acme/hello", "acme/community"] });
  await using _ = fake;
  const secret = fake.version("acme/poet");
  for (
    const [path, version] of [
      ["/models/acme/secret/predictions", undefined],
      ["/models/acme%2Fsecret/x/predictions", undefined],
      ["/models/acme/hello%2F..%2Fsecret/predictions", undefined],
      ["/deployments/acme/secret/predictions", undefined],
      ["/deployments/acme/hello/predictions", undefined],
      ["/predictions", "acme/secret"],
      ["/predictions", `acme/secret:${secret}`],
      ["/predictions", "acme/hello:latest"],
      ["/predictions", secret],
      ["/predictions", ["acme/hello"]],
      ["/predictions", undefined],
    ] as const
  ) {
    const response = await ask("POST", path, json({ version, input: {} }));
    assertEquals([path, version, response.status], [path, version, 403]);
  }
  await assertRejects(() => page.models.get("acme", "secret"), ApiError, "403");
  assertEquals(fake.requestsOf("predictions.create"), []);
  assertEquals(fake.predictions.size, 0);
});

Deno.test("proxyHandler() lets a model with a version run in that version only", async () => {
  const { fake } = site();
  await using _ = fake;
  const [latest, older] = [fake.version("acme/community"), fake.version("acme/community", 1)];
  const client = new Client({ auth: TOKEN, fetch: fake.fetch });
  const handler = proxyHandler({ client, allow: { models: [`acme/community:${older}`] } });
  const run = async (path: string, version?: string): Promise<number> => {
    const init = { method: "POST", ...json({ version, input: {} }) };
    return (await handler(new Request(`${SITE}/api/replicate${path}`, init))).status;
  };
  assertEquals(await run("/predictions", older), 201);
  assertEquals(await run("/predictions", `acme/community:${older}`), 201);
  assertEquals(await run("/predictions", latest), 403);
  assertEquals(await run("/predictions", `acme/community:${latest}`), 403);
  assertEquals(await run("/predictions", "acme/community"), 403);
  assertEquals(await run("/models/acme/community/predictions"), 403);
});

Deno.test("proxyHandler() refuses every other operation", async () => {
  const { fake, ask } = site();
  await using _ = fake;
  for (
    const [method, path] of [
      ["GET", "/account"],
      ["GET", "/predictions"],
      ["GET", "/models"],
      ["QUERY", "/models"],
      ["POST", "/models"],
      ["DELETE", "/models/acme/hello"],
      ["PATCH", "/models/acme/hello"],
      ["GET", "/models/acme/hello/versions"],
      ["GET", "/models/acme/hello/examples"],
      ["POST", "/models/acme/hello/versions/x/trainings"],
      ["GET", "/trainings"],
      ["GET", "/files"],
      ["POST", "/files"],
      ["GET", "/webhooks/default/secret"],
      ["GET", "/hardware"],
      ["GET", "/search?query=x"],
      ["GET", "/predictions/../account"],
      ["GET", "/predictions/%2e%2e/x"],
      ["PUT", "/predictions"],
      ["GET", "//api.replicate.com/v1/account"],
    ] as const
  ) {
    const { status } = await ask(method, path);
    assertEquals([method, path, status], [method, path, 403]);
  }
  assertEquals((await ask("GET", `${SITE}/other`)).status, 404);
  assertEquals((await ask("GET", `${SITE}/api/replicatex/predictions`)).status, 404);
  assertEquals(fake.requests, []);
});

Deno.test("proxyHandler() sends on of a run only what a page may say", async () => {
  const { fake, ask } = site({ webhook: `${SITE}/hook`, cancelAfter: "1m" });
  await using _ = fake;
  const input = { text: "Ada" };
  const refused = await ask(
    "POST",
    "/predictions",
    json({ version: "acme/hello", input, webhook: "https://evil.example" }),
  );
  assertEquals(refused.status, 403);
  for (const input of [undefined, null, [], "x"]) {
    const { status } = await ask("POST", "/predictions", json({ version: "acme/hello", input }));
    assertEquals(status, 422);
  }
  assertEquals((await ask("POST", "/predictions", { body: "not json" })).status, 400);
  const answer = await ask("POST", "/predictions", {
    ...json({ version: "acme/hello", input, stream: true, extra: 1 }),
    headers: { prefer: "wait=5", "cancel-after": "30s", authorization: "Bearer x", "x-y": "z" },
  });
  assertEquals(answer.status, 201);
  const [sent] = fake.requestsOf("predictions.create");
  assertEquals(sent!.body, { version: "acme/hello", input, webhook: `${SITE}/hook` });
  assertEquals([sent!.headers.prefer, sent!.headers["cancel-after"]], ["wait=5", "30s"]);
  assertEquals(sent!.headers["x-y"], undefined);
  assertEquals("webhook" in await answer.json(), false);
  await ask("POST", "/predictions", {
    ...json({ version: "acme/hello", input }),
    headers: { "cancel-after": "2h" },
  });
  assertEquals(fake.requestsOf("predictions.create")[1]!.headers["cancel-after"], "60s");
});

Deno.test("proxyHandler() refuses pages of other sites, unless they are named", async () => {
  const { fake, ask } = site({ allow: { models: [], origins: ["https://app.example.org"] } });
  await using _ = fake;
  const status = async (headers: HeadersInit, method = "GET"): Promise<number> =>
    (await ask(method, "/models/acme/hello", { headers })).status;
  assertEquals(await status({}), 200);
  assertEquals(await status({ origin: SITE }), 200);
  assertEquals(await status({ "sec-fetch-site": "same-origin" }), 200);
  assertEquals(await status({ origin: "https://app.example.org" }), 200);
  assertEquals(await status({ origin: "https://evil.example" }), 403);
  assertEquals(await status({ origin: "http://example.com" }), 403);
  assertEquals(await status({ origin: "https://example.com.evil.example" }), 403);
  assertEquals(await status({ origin: "null" }), 403);
  assertEquals(await status({ "sec-fetch-site": "cross-site" }), 403);
  const headers = { origin: "https://app.example.org" };
  const preflight = await ask("OPTIONS", "/predictions", { headers });
  assertEquals(preflight.status, 204);
  assertEquals(preflight.headers.get("access-control-allow-origin"), headers.origin);
  const other = await ask("OPTIONS", "/predictions", {
    headers: { origin: "https://evil.example" },
  });
  assertEquals([other.status, other.headers.get("access-control-allow-origin")], [403, null]);
});

Deno.test("proxyHandler() asks who it is, and keeps the runs of users apart", async () => {
  for (const store of [undefined, expiringStore()]) {
    const user = (request: Request): string | null => request.headers.get("x-user");
    const { fake, ask } = site({ allow: { models: [], user }, store });
    await using _ = fake;
    const as = (user: string): RequestInit => ({ headers: { "x-user": user } });
    const create = async (init: RequestInit): Promise<Response> =>
      await ask("POST", "/predictions", {
        ...init,
        body: JSON.stringify({ version: "acme/hello", input: {} }),
      });
    assertEquals((await create({})).status, 401);
    const { id } = await (await create(as("ada"))).json();
    assertEquals((await ask("GET", `/predictions/${id}`, as("ada"))).status, 200);
    for (const path of [`/predictions/${id}`, `/predictions/${id}/stream`]) {
      assertEquals((await ask("GET", path, as("bob"))).status, 404);
    }
    assertEquals((await ask("POST", `/predictions/${id}/cancel`, as("bob"))).status, 404);
    assertEquals((await ask("GET", `/predictions/${id}`)).status, 401);
  }
});

Deno.test("proxyHandler() shows a run that it does not know only if its model is allowed", async () => {
  const { fake, ask, server } = site();
  await using _ = fake;
  const status = async (version: string): Promise<number> => {
    const { id } = await server.predictions.create({ version, input: {}, wait: true });
    return (await ask("GET", `/predictions/${id}`)).status;
  };
  assertEquals(await status("acme/hello"), 200);
  assertEquals(await status(fake.version("acme/community")), 200);
  assertEquals(await status("acme/secret"), 404);
  const strict = site({ store: expiringStore() });
  await using __ = strict.fake;
  const { id } = await strict.server.predictions.create({ version: "acme/hello", input: {} });
  assertEquals((await strict.ask("GET", `/predictions/${id}`)).status, 404);
});

Deno.test("proxyHandler() limits each user", async () => {
  await withFakeTime(async (time) => {
    const user = (request: Request): string | null => request.headers.get("x-user");
    const limit = { runs: 2, per: "1m" } as const;
    const { fake, page } = site({ allow: { models: [], user, limit } }, { limiter: false });
    await using _ = fake;
    const create = (user: string): Promise<unknown> =>
      page.predictions.create({ version: "acme/hello", input: {}, headers: { "x-user": user } });
    await create("ada");
    await time.tick(10_000);
    await create("ada");
    const error = await assertRejects(() => create("ada"), RateLimitError);
    assertEquals(error.retryAfter, 50_000);
    await create("bob");
    await time.tick(50_000);
    await create("ada");
    await assertRejects(() => create("ada"), RateLimitError);
  });
});

Deno.test("proxyHandler() asks about each run before it is made", async () => {
  const runs: unknown[] = [];
  const { fake, page } = site({
    allow: {
      models: [],
      run: (run) => {
        runs.push(run);
        return run.input.text !== "bad";
      },
    },
  });
  await using _ = fake;
  await page.predictions.create({ version: fake.version("acme/community"), input: { text: "a" } });
  await assertRejects(
    () => page.models.predictions.create("acme", "hello", { input: { text: "bad" } }),
    ApiError,
    "403",
  );
  assertEquals(runs, [
    { model: "acme/community", input: { text: "a" }, user: "" },
    { model: "acme/hello", input: { text: "bad" }, user: "" },
  ]);
});

Deno.test("proxyHandler() takes files where they are allowed, up to a size", async () => {
  const { fake, page } = site({ allow: { models: [], files: { maxSize: 1000 } } });
  await using _ = fake;
  const output = await page.run("acme/hello", { input: { text: new Blob(["a fig"]) } });
  // The model reads it on Replicate's side, so its address is not that of the proxy.
  assert(String(output).startsWith("Hello, https://api.replicate.com/v1/files/"));
  const large = new Blob([new Uint8Array(2000)]);
  await assertRejects(() => page.files.create(large), ApiError, "413");
  assertEquals(fake.files.size, 1);
});

Deno.test("proxyHandler() takes no file that is not in a form, or where none are allowed", async () => {
  const form = () => {
    const body = new FormData();
    body.append("content", new Blob(["a fig"]), "fig.txt");
    return { body };
  };
  const closed = site();
  await using _ = closed.fake;
  assertEquals((await closed.ask("POST", "/files", form())).status, 403);
  const open = site({ allow: { models: [], files: true, limit: { runs: 1, per: "1m" } } });
  await using __ = open.fake;
  for (const headers of [{ "content-type": "image/png" }, new Headers()]) {
    const body = new Uint8Array([1]);
    assertEquals((await open.ask("POST", "/files", { body, headers })).status, 422);
  }
  assertEquals((await open.ask("POST", "/files", form())).status, 201);
  assertEquals(open.fake.files.size, 1);
});

Deno.test("proxyHandler() holds an answer and cancels late runs as the page asks, where it sets nothing", async () => {
  const { fake, ask } = site();
  await using _ = fake;
  const sent = async (headers: Record<string, string>) => {
    const body = JSON.stringify({ input: { text: "Ada" } });
    const answer = await ask("POST", "/models/acme/hello/predictions", { body, headers });
    assertEquals(answer.status, 201);
    await answer.body?.cancel();
    const { prefer, "cancel-after": after } = fake.requests.at(-1)!.headers;
    return [prefer, after];
  };
  assertEquals(await sent({}), [undefined, undefined]);
  assertEquals(await sent({ prefer: "wait", "cancel-after": "90" }), ["wait=60", "90s"]);
  assertEquals(await sent({ prefer: "wait=99" }), ["wait=60", undefined]);
  assertEquals(await sent({ prefer: "respond-async", "cancel-after": "soon" }), [
    undefined,
    undefined,
  ]);
});

Deno.test("proxyHandler() runs a deployment that is allowed, and shows its runs", async () => {
  const fake = new FakeReplicate({
    models: MODELS,
    token: TOKEN,
    deployments: { "acme/live": { model: "acme/hello" } },
  } as never);
  await using _ = fake;
  const client = new Client({ auth: TOKEN, fetch: fake.fetch, retry: false });
  const handler = proxyHandler({ client, allow: { models: [], deployments: ["acme/live"] } });
  const create = (name: string) =>
    handler(
      new Request(`${SITE}/api/replicate/deployments/${name}/predictions`, {
        method: "POST",
        body: JSON.stringify({ input: { text: "Ada" } }),
      }),
    );
  const made = await create("acme/live");
  assertEquals(made.status, 201);
  const { id } = await made.json();
  const { status } = await handler(new Request(`${SITE}/api/replicate/predictions/${id}`));
  assertEquals(status, 200);
  assertEquals((await create("acme/other")).status, 403);
});

Deno.test("proxyHandler() cancels a run that nobody could see, as its owner cannot be kept", async () => {
  const store = {
    get: () => Promise.resolve(undefined),
    set: () => Promise.reject(new Error("the disk is full")),
  };
  const errors: unknown[] = [];
  const { fake, ask } = site({ store, onError: (error: unknown) => errors.push(error) } as never);
  await using _ = fake;
  const body = JSON.stringify({ input: {} });
  const { status } = await ask("POST", "/models/acme/slow/predictions", { body });
  assertEquals([status, fake.cancels.length, errors.length], [500, 1, 1]);
});

Deno.test("proxyHandler() cancels a run whose page has left by the time it is made", async () => {
  const { fake, server } = site();
  await using _ = fake;
  const page = new AbortController();
  const client = {
    request: async (...args: Parameters<Client["request"]>) => {
      const answer = await server.request(...args);
      page.abort();
      return answer;
    },
    stream: server.stream.bind(server),
  };
  const handler = proxyHandler({ client, allow: { models: ["acme/slow"] } });
  const body = JSON.stringify({ input: {} });
  const init = { method: "POST", body, signal: page.signal };
  await handler(new Request(`${SITE}/api/replicate/models/acme/slow/predictions`, init));
  assertEquals(fake.cancels.length, 1);
});

Deno.test("proxyHandler() notices behind a socket that a page has left", async () => {
  const { fake, server } = site();
  await using _ = fake;
  const page = new AbortController();
  const canceled = Promise.withResolvers<void>();
  const client = {
    request: async (...args: Parameters<Client["request"]>) => {
      const answer = await server.request(...args);
      if (args[0].endsWith("/cancel")) canceled.resolve();
      else await leave();
      return answer;
    },
    stream: server.stream.bind(server),
  };
  const handler = proxyHandler({ client, allow: { models: ["acme/slow"] } });
  let signal: AbortSignal | undefined;
  const leave = async (): Promise<void> => {
    page.abort();
    await new Promise((resolve) => signal!.addEventListener("abort", resolve));
  };
  const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
  await using http = Deno.serve(options, (request) => {
    signal = request.signal;
    return handler(request);
  });
  const url = `http://127.0.0.1:${http.addr.port}/api/replicate/models/acme/slow/predictions`;
  const body = JSON.stringify({ input: {} });
  await assertRejects(() => fetch(url, { method: "POST", body, signal: page.signal }));
  await canceled.promise;
  assertEquals(fake.cancels.length, 1);
});

Deno.test("proxyHandler() cancels a run that its page cancels", async () => {
  const { fake, page } = site();
  await using _ = fake;
  await using job = await page.start("acme/slow", { input: {} });
  await job.cancel();
  assertEquals(fake.cancels, [job.id]);
});

Deno.test("proxyHandler() says nothing of its own account to a page", async () => {
  const errors: unknown[] = [];
  const fake = new FakeReplicate({ models: MODELS, token: "r8_another" });
  await using _ = fake;
  const client = new Client({ auth: TOKEN, fetch: fake.fetch, retry: false });
  const handler = proxyHandler({
    client,
    allow: { models: ["acme/hello"] },
    onError: (error) => errors.push(error),
  });
  const response = await handler(new Request(`${SITE}/api/replicate/models/acme/hello`));
  assertEquals([response.status, errors.length], [502, 1]);
  assertEquals((await response.text()).includes("oken"), false);
});

Deno.test("proxyHandler() refuses options that cannot work when it is made", () => {
  const client = new Client(TOKEN);
  for (const models of [undefined, ["acme"], ["acme/a/b"], [""], ["https://x/y"]]) {
    const allow = { models } as ProxyOptions["allow"];
    assertThrows(() => proxyHandler({ client, allow }), TypeError);
  }
  const allow = { models: [], limit: { runs: -1, per: "1m" as const } };
  assertThrows(() => proxyHandler({ client, allow }), RangeError);
});
