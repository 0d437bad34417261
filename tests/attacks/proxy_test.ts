/** Numbers 14 and 15: what strangers send to a proxy, and what the API answers it. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Client } from "../../mod.ts";
import { proxyHandler, type ProxyOptions, ticketHandler } from "../../src/serve/mod.ts";
import { type FakeModel, FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { expiringStore } from "../../src/webhooks/mod.ts";

const SITE = "https://example.com";
const KEY = "a secret of the server's own";

const MODELS: Record<string, FakeModel> = {
  "acme/hello": { official: true, run: ({ text }) => `Hello, ${text}` },
  "acme/community": { run: ({ text }) => `Hi, ${text}`, versions: 3 },
  "acme/other": { run: () => "other", versions: 2 },
  "acme/slow": { official: true, run: (_, job) => job.sleep(60_000) },
  "evil/model": { run: () => "evil" },
};

interface Site {
  fake: FakeReplicate;
  client: Client;
  ask: (method: string, path: string, init?: RequestInit) => Promise<Response>;
}

/** A site with a proxy for the models of `acme`. */
function site(options: Partial<ProxyOptions> & { models?: string[] } = {}): Site {
  const fake = new FakeReplicate({ models: MODELS });
  const client = new Client({ auth: "r8_test", fetch: fake.fetch, retry: false });
  const { models = Object.keys(MODELS).filter((it) => it.startsWith("acme/")), allow, ...rest } =
    options;
  const handler = proxyHandler({ client, allow: { ...allow, models }, ...rest });
  const ask: Site["ask"] = (method, path, init) =>
    handler(new Request(`${SITE}/api/replicate${path}`, { method, ...init }));
  return { fake, client, ask };
}

/** A proxy whose API gives one answer, whatever is asked. */
function answering(answer: () => Response, onError?: ProxyOptions["onError"]): Site["ask"] {
  const fetch = () => Promise.resolve(answer());
  const client = new Client({ auth: "r8_test", fetch, retry: false });
  const handler = proxyHandler({
    client,
    allow: { models: ["acme/hello"] },
    onError: onError ?? (() => {}),
  });
  return (method, path, init) =>
    handler(new Request(`${SITE}/api/replicate${path}`, { method, ...init }));
}

const json = (body: unknown): RequestInit => ({ body: JSON.stringify(body) });

Deno.test("13.14 proxyHandler() answers whatever status the API has", async () => {
  for (const status of [201, 204, 205, 301, 304, 400, 402, 418, 429, 451, 500, 503, 599]) {
    const body = [204, 205, 304].includes(status) ? null : "{}";
    const headers = { location: "https://evil.example", "content-type": "text/html" };
    const ask = answering(() => new Response(body, { status, headers }));
    for (const path of ["/models/acme/hello", "/predictions/p1"]) {
      const response = await ask("GET", path);
      assert(response.status >= 200 && response.status < 600, `${status}: ${response.status}`);
      assert(response.status < 300 || response.status >= 400, `${status}: ${response.status}`);
      await response.text();
    }
  }
});

Deno.test("13.14 proxyHandler() answers although its onError throws", async () => {
  const log = console.error;
  const logged: unknown[][] = [];
  console.error = (...args: unknown[]) => void logged.push(args);
  try {
    const fails = [
      () => Promise.reject(new Error("worse")) as never,
      () => {
        throw new Error("worse");
      },
    ];
    for (const fail of fails) {
      const ask = answering(() => new Response("no", { status: 500 }), fail);
      assertEquals((await ask("GET", "/models/acme/hello")).status, 500);
      const client = new Client({ auth: "r8_test", fetch: () => Promise.reject(new Error("bug")) });
      const handler = ticketHandler({ client, key: KEY, onError: fail });
      assertEquals((await handler(new Request(`${SITE}/api/watch/p1`))).status, 401);
      await Promise.resolve();
    }
    assertEquals(logged.length, 2);
  } finally {
    console.error = log;
  }
});

Deno.test("13.14 proxyHandler() passes errors on as JSON of its own, and nothing of the account", async () => {
  const html = "<script>alert(document.cookie)</script>";
  const secret = { title: "Payment required", detail: "Insufficient credit on account acme-corp" };
  for (const status of [400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503]) {
    for (
      const [body, type] of [[html, "text/html"], [JSON.stringify(secret), "application/json"]]
    ) {
      const headers = { "content-type": type!, "set-cookie": "a=1", "retry-after": "7" };
      const ask = answering(() => new Response(body, { status, headers }));
      const response = await ask("GET", "/models/acme/hello");
      const isPublic = [400, 404, 413, 422].includes(status);
      assertEquals(response.headers.get("content-type")?.split(";")[0], "application/json");
      assertEquals(response.headers.get("x-content-type-options"), "nosniff");
      assertEquals(response.headers.get("set-cookie"), null);
      const text = await response.text();
      assertEquals(JSON.parse(text).status, response.status);
      assertEquals([status, text.includes("acme-corp")], [
        status,
        isPublic && type !== "text/html",
      ]);
      assert(!text.includes("<script>"));
      if (status === 429) assertEquals(response.headers.get("retry-after"), "7");
    }
  }
  // Nor does the API decide what a success is taken for.
  const ask = answering(() =>
    new Response('{"name":"<b>"}', { headers: { "content-type": "text/html" } })
  );
  const fine = await ask("GET", "/models/acme/hello");
  assertEquals(fine.headers.get("content-type")?.split(";")[0], "application/json");
  assertEquals(fine.headers.get("x-content-type-options"), "nosniff");
  const run = () => new Response('{"id":"p1"}', { headers: { "content-type": "text/html" } });
  const created = await answering(run)(
    "POST",
    "/models/acme/hello/predictions",
    json({ input: {} }),
  );
  assertEquals(created.headers.get("content-type")?.split(";")[0], "application/json");
});

Deno.test("13.14 proxyHandler() passes on which fields of an input are wrong", async () => {
  const { fake, ask } = site({ models: ["acme/hello"] });
  await using _ = fake;
  const problem = {
    title: "Input validation failed",
    detail: "- input.steps: must be at most 4",
    invalid_fields: [{ type: "number_lte", field: "input.steps", description: "at most 4" }],
  };
  const refusing = answering(() => Response.json(problem, { status: 422 }));
  const response = await refusing("POST", "/models/acme/hello/predictions", json({ input: {} }));
  const { title, invalid_fields } = await response.json();
  assertEquals([title, invalid_fields], [problem.title, problem.invalid_fields]);
  assertEquals((await ask("GET", "/predictions/none")).status, 404);
});

Deno.test("13.14 proxyHandler() refuses with 503 what would wait for long, and sends none of it", async () => {
  await withFakeTime(async (time) => {
    const fake = new FakeReplicate({
      models: MODELS,
      faults: [{ match: { method: "POST" }, status: 429, headers: { "retry-after": "3600" } }],
    });
    await using _ = fake;
    const client = new Client({ auth: "r8_test", fetch: fake.fetch });
    const handler = proxyHandler({ client, allow: { models: ["acme/hello"] } });
    const create = (): Promise<Response> =>
      handler(
        new Request(`${SITE}/api/replicate/models/acme/hello/predictions`, {
          method: "POST",
          ...json({ input: {} }),
        }),
      );
    const first = await create();
    assertEquals([first.status, first.headers.get("retry-after")], [429, "3600"]);
    const started = time.elapsed();
    const answers = await Promise.all(Array.from({ length: 500 }, create));
    for (const answer of answers) {
      assertEquals([answer.status, answer.headers.get("retry-after")], [503, "5"]);
    }
    assert(time.elapsed() - started <= 5000);
    assertEquals(fake.requests.length, 1);
    // Reading has a budget of its own.
    const model = new Request(`${SITE}/api/replicate/models/acme/hello`);
    assertEquals((await handler(model)).status, 200);
  });
});

Deno.test("13.14 proxyHandler() sends nothing for a page that has left the line", async () => {
  const fake = new FakeReplicate({ models: MODELS });
  await using _ = fake;
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const client = new Client({
    auth: "r8_test",
    limiter: { concurrency: 1 },
    fetch: async (input, init) => {
      begun.resolve();
      await held.promise;
      return await fake.fetch(input, init);
    },
  });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const handler = proxyHandler({ client, allow: { models: ["acme/hello"] }, onError });
  const url = `${SITE}/api/replicate/models/acme/hello`;
  const first = handler(new Request(url));
  await begun.promise;
  const page = new AbortController();
  const { signal } = page;
  const waiting = [
    handler(new Request(url, { signal })),
    handler(new Request(`${url}/predictions`, { method: "POST", ...json({ input: {} }), signal })),
  ];
  // Until both are in line.
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  page.abort();
  for (const answer of await Promise.all(waiting)) assertEquals(answer.status, 499);
  held.resolve();
  assertEquals((await first).status, 200);
  assertEquals([fake.requests.length, fake.predictions.size, errors], [1, 0, []]);
});

Deno.test("13.14 proxyHandler() sends the version that it has checked, and nothing besides", async () => {
  const fake = new FakeReplicate({ models: MODELS });
  await using _ = fake;
  const [latest, older] = [fake.version("acme/community"), fake.version("acme/community", 1)];
  const evil = fake.version("evil/model");
  const client = new Client({ auth: "r8_test", fetch: fake.fetch });
  for (const models of [[`acme/community:${older}`], ["acme/community"]]) {
    const handler = proxyHandler({ client, allow: { models } });
    const create = async (version: unknown): Promise<number> => {
      const init = { method: "POST", ...json({ version, input: {} }) };
      return (await handler(new Request(`${SITE}/api/replicate/predictions`, init))).status;
    };
    const before = fake.requestsOf("predictions.create").length;
    for (
      const version of [
        `acme/community:${older}:evil/model:${evil}`,
        `acme/community:${older}:${evil}`,
        `acme/community:${older}:`,
        `acme/community:${older} `,
        `acme/community:${older}\n`,
        `acme/community:${older.toUpperCase()}`,
        `acme/community:`,
        `acme/community/../../evil/model:${evil}`,
        `evil/model:${evil}`,
        evil,
        `${older}:${evil}`,
        [`acme/community:${older}`],
        { toString: `acme/community:${older}` },
        models[0] === "acme/community" ? "f".repeat(64) : latest,
      ]
    ) assertEquals([version, await create(version)], [version, 403]);
    assertEquals(fake.requestsOf("predictions.create").length, before);
    assertEquals(await create(`acme/community:${older}`), 201);
    assertEquals(await create(older), 201);
    assertEquals(
      fake.requestsOf("predictions.create").slice(before).map(({ body }) =>
        (body as { version: string }).version
      ),
      [`acme/community:${older}`, older],
    );
  }
  for (const ref of [`acme/x:${older}:evil/model:${evil}`, "acme/x:latest", "acme/x:", "a b/c"]) {
    assertThrows(() => proxyHandler({ client, allow: { models: [ref] } }), TypeError);
  }
});

Deno.test("13.14 proxyHandler() looks forged versions up once, however many models and pages there are", async () => {
  await withFakeTime(async (time) => {
    const models = Array.from({ length: 30 }, (_, n) => [`many/m${n}`, { run: () => n }] as const);
    const fake = new FakeReplicate({ models: { ...MODELS, ...Object.fromEntries(models) } });
    await using _ = fake;
    const client = new Client({ auth: "r8_test", fetch: fake.fetch });
    const allow = { models: models.map(([name]) => name) };
    const handler = proxyHandler({ client, allow });
    const create = async (version: string): Promise<number> => {
      const init = { method: "POST", ...json({ version, input: {} }) };
      return (await handler(new Request(`${SITE}/api/replicate/predictions`, init))).status;
    };
    const forged = Array.from({ length: 200 }, (_, n) => n.toString(16).padStart(64, "0"));
    const statuses = await Promise.all(forged.map(create));
    assertEquals(new Set(statuses), new Set([403]));
    assertEquals(fake.requests.length, 30);
    for (const version of forged) assertEquals(await create(version), 403);
    assertEquals(fake.requests.length, 30);
    // A version of ours costs nothing either, and a new one is found after a while.
    assertEquals(await create(fake.version("many/m7")), 201);
    assertEquals(fake.requests.length, 31);
    await time.tick(10_001);
    assertEquals(await create(forged[0]!), 403);
    assertEquals(fake.requests.length, 61);
  });
});

Deno.test("13.14 proxyHandler() finds an old version of a model with many", async () => {
  const fake = new FakeReplicate({
    models: { "acme/many": { run: () => "hi", versions: 130 } },
  });
  await using _ = fake;
  const client = new Client({ auth: "r8_test", fetch: fake.fetch });
  const handler = proxyHandler({ client, allow: { models: ["acme/many"] } });
  const init = { method: "POST", ...json({ version: fake.version("acme/many", 1), input: {} }) };
  const answer = await handler(new Request(`${SITE}/api/replicate/predictions`, init));
  assertEquals(answer.status, 201);
});

Deno.test("13.14 proxyHandler() limits reads too, by a limit of their own", async () => {
  await withFakeTime(async (time) => {
    const user = (request: Request): string | null => request.headers.get("x-user");
    const limit = { runs: 1, per: "1m", reads: 3 } as const;
    const { fake, ask } = site({ allow: { models: [], user, limit } });
    await using _ = fake;
    const headers = { "x-user": "ada" };
    const created = await ask("POST", "/models/acme/slow/predictions", {
      ...json({ input: {} }),
      headers,
    });
    const { id } = await created.json();
    const paths = [
      ["GET", `/predictions/${id}`],
      ["GET", "/models/acme/hello"],
      ["POST", `/predictions/${id}/cancel`],
      ["GET", `/predictions/${id}/stream`],
      ["GET", `/models/acme/community/versions/${fake.version("acme/community")}`],
      ["GET", `/predictions/${id}`],
    ] as const;
    const statuses: number[] = [];
    for (const [method, path] of paths) {
      statuses.push((await ask(method, path, { headers })).status);
    }
    assertEquals(statuses, [200, 200, 200, 429, 429, 429]);
    const other = await ask("GET", "/models/acme/hello", { headers: { "x-user": "bob" } });
    assertEquals(other.status, 200);
    await time.tick(60_001);
    assertEquals((await ask("GET", "/models/acme/hello", { headers })).status, 200);
  });
});

Deno.test("13.14 proxyHandler() keeps to a large limit, which it counts in slices", async () => {
  await withFakeTime(async (time) => {
    const { fake, ask } = site({ allow: { models: [], limit: { runs: 1000, per: "1m" } } });
    await using _ = fake;
    // An input that is refused counts as a run.
    const create = async (): Promise<number> =>
      (await ask("POST", "/models/acme/hello/predictions", json({ input: 1 }))).status;
    for (let n = 0; n < 1000; n++) {
      if (n % 10 === 0) await time.tick(10);
      assertEquals(await create(), 422);
    }
    const refused = await ask("POST", "/models/acme/hello/predictions", json({ input: 1 }));
    assertEquals(refused.status, 429);
    assert(Number(refused.headers.get("retry-after")) <= 61);
    await time.tick(62_000);
    assertEquals(await create(), 422);
  });
});

Deno.test("13.14 proxyHandler() keeps the runs of users apart when its store is full, or was lost", async () => {
  const user = (request: Request): string | null => request.headers.get("x-user");
  for (const store of [undefined, expiringStore({ max: 1 })]) {
    const { fake, client, ask } = site({ allow: { models: [], user }, store });
    await using _ = fake;
    const as = (name: string): RequestInit => ({ headers: { "x-user": name } });
    const create = async (name: string): Promise<string> => {
      const init = { ...json({ input: {} }), ...as(name) };
      return (await (await ask("POST", "/models/acme/hello/predictions", init)).json()).id;
    };
    const first = await create("ada");
    await create("ada");
    const status = async (id: string, name: string): Promise<number> =>
      (await ask("GET", `/predictions/${id}`, as(name))).status;
    assertEquals(await status(first, "bob"), 404);
    assertEquals(await status(first, "ada"), store ? 404 : 200);
    // Made by another process, or before a restart.
    const { id } = await client.predictions.create({ version: "acme/hello", input: {} });
    assertEquals([await status(id, "ada"), await status(id, "bob")], [404, 404]);
  }
});

Deno.test("13.14 proxyHandler() cancels a run whose owner it cannot remember", async () => {
  const store = { ...expiringStore(), set: () => Promise.reject(new Error("disk full")) };
  const { fake, ask } = site({ store, onError: () => {} });
  await using _ = fake;
  const answer = await ask("POST", "/models/acme/slow/predictions", json({ input: {} }));
  assertEquals([answer.status, fake.cancels.length], [500, 1]);
});

Deno.test("13.14 proxyHandler() refuses a host that is not its own, as DNS rebinding has it", async () => {
  const { fake, client } = site();
  await using _ = fake;
  const hosts = ["example.com", "localhost:8000"];
  const proxy = proxyHandler({ client, allow: { models: ["acme/hello"], hosts } });
  const watch = ticketHandler({ client, key: KEY, hosts });
  const status = async (origin: string, headers: HeadersInit = {}): Promise<number[]> => [
    (await proxy(new Request(`${origin}/api/replicate/models/acme/hello`, { headers }))).status,
    (await watch(new Request(`${origin}/api/watch/p1`, { headers }))).status,
  ];
  assertEquals(await status("https://example.com"), [200, 401]);
  assertEquals(await status("http://example.com:3000"), [200, 401]);
  assertEquals(await status("http://localhost:8000"), [200, 401]);
  const own = { "sec-fetch-site": "same-origin", origin: "http://evil.example" };
  assertEquals(await status("http://evil.example", own), [403, 403]);
  assertEquals(await status("http://localhost:8001", own), [403, 403]);
  assertEquals(await status("http://localhost:8000", { host: "evil.example" }), [403, 403]);
  assertEquals(await status("https://example.com.evil.example"), [403, 403]);
  const text = await (await proxy(new Request("http://evil.example/api/replicate/x"))).text();
  assert(text.includes("`hosts`"));
});

Deno.test("13.14 proxyHandler() refuses an input that is nested too deep to be sent on", async () => {
  const { fake, ask } = site();
  await using _ = fake;
  const deep = (levels: number): RequestInit => ({
    body: `{"input":{"a":${"[".repeat(levels)}${"]".repeat(levels)}}}`,
  });
  const create = async (init: RequestInit): Promise<number> =>
    (await ask("POST", "/models/acme/hello/predictions", init)).status;
  assertEquals(await create(deep(100)), 201);
  assertEquals(await create(deep(201)), 400);
  assertEquals(await create(deep(200_000)), 400);
  assertEquals(fake.predictions.size, 1);
});

Deno.test("13.14 proxyHandler() refuses a bound that is none", () => {
  const client = new Client("r8_test");
  for (const bound of [NaN, -1, Infinity]) {
    const allow = { models: [] };
    assertThrows(() => proxyHandler({ client, allow, maxBody: bound }), RangeError);
    const files = { maxSize: bound };
    assertThrows(() => proxyHandler({ client, allow: { ...allow, files } }), RangeError);
  }
});

Deno.test("13.14 proxyHandler() lets one user have a few streams of a run open, and no more", async () => {
  const { fake, ask } = site();
  await using _ = fake;
  const created = await ask("POST", "/models/acme/slow/predictions", json({ input: {} }));
  const { id } = await created.json();
  const open = (): Promise<Response> => ask("GET", `/predictions/${id}/stream`);
  const streams = await Promise.all(Array.from({ length: 10 }, open));
  assertEquals(new Set(streams.map(({ status }) => status)), new Set([200]));
  assertEquals((await open()).status, 429);
  // One that was never read, and one that was.
  await streams[0]!.body!.cancel();
  const reader = streams[1]!.body!.getReader();
  await reader.read();
  await reader.cancel();
  const again = [await open(), await open(), await open()];
  assertEquals(again.map(({ status }) => status), [200, 200, 429]);
  for (const { body } of [...streams.slice(2), ...again]) await body?.cancel();
});

/** The statuses of a proxy and of tickets for a request; 401 is a ticket that is missing only. */
async function both(
  options: { trustProxy?: boolean; origins?: string[] },
  url: string,
  headers: Record<string, string>,
): Promise<[number, number, string]> {
  const fake = new FakeReplicate({ models: MODELS });
  await using _ = fake;
  const client = new Client({ auth: "r8_test", fetch: fake.fetch });
  const proxy = proxyHandler({ client, allow: { models: ["acme/hello"], ...options } });
  const watch = ticketHandler({ client, key: KEY, ...options });
  const answer = await proxy(new Request(`${url}/api/replicate/models/acme/hello`, { headers }));
  const { status } = await watch(new Request(`${url}/api/watch/p1`, { headers }));
  return [answer.status, status, await answer.text()];
}

Deno.test("13.15 proxyHandler() and ticketHandler() take the site's own page behind another server", async () => {
  const own = "https://shop.example";
  const inner = "http://localhost:3000";
  const cases: [boolean, Record<string, string>, { trustProxy?: boolean }][] = [
    // A browser says so itself, whatever the servers between have done to the host.
    [true, { origin: own, "sec-fetch-site": "same-origin", host: "localhost:3000" }, {}],
    [true, { "sec-fetch-site": "same-origin" }, {}],
    [true, { "sec-fetch-site": "none" }, {}],
    [false, { origin: own, "sec-fetch-site": "cross-site" }, {}],
    [false, { origin: own, "sec-fetch-site": "same-site" }, {}],
    [false, { origin: inner, "sec-fetch-site": "cross-site" }, {}],
    // Older browsers, and sites without TLS: by the host.
    [true, { origin: own, host: "shop.example" }, {}],
    [false, { origin: inner, host: "shop.example" }, {}],
    [false, { origin: own, host: "app:3000" }, {}],
    [false, { origin: own, host: "app:3000", "x-forwarded-host": "shop.example" }, {}],
    [true, { origin: own, host: "app:3000", "x-forwarded-host": "shop.example" }, {
      trustProxy: true,
    }],
    [true, {
      origin: own,
      host: "app:3000",
      "x-forwarded-host": "shop.example, inner",
      "x-forwarded-proto": "https",
    }, { trustProxy: true }],
    [false, {
      origin: "http://shop.example",
      "x-forwarded-host": "shop.example",
      "x-forwarded-proto": "https",
    }, { trustProxy: true }],
    [false, { origin: "https://evil.example", "x-forwarded-host": "shop.example" }, {
      trustProxy: true,
    }],
    [false, { origin: "null", host: "shop.example" }, {}],
  ];
  for (const [isAllowed, headers, options] of cases) {
    const [proxy, ticket, text] = await both(options, inner, headers);
    const expected = isAllowed ? [200, 401] : [403, 403];
    assertEquals([headers, options, proxy, ticket], [headers, options, ...expected]);
    if (!isAllowed) assert(text.includes("`origins`") && text.includes("`trustProxy`"));
  }
});

Deno.test("13.15 proxyHandler() refuses a host that is none with 400", async () => {
  for (const host of ["evil.com/x", "a b", "a@b", "["]) {
    const headers = { "x-forwarded-host": host };
    assertEquals((await both({ trustProxy: true }, SITE, headers))[0], 400);
  }
});

Deno.test("13.15 proxyHandler() gives a page addresses that it can reach", async () => {
  const { fake, client } = site();
  await using _ = fake;
  const inner = "http://localhost:3000/api/replicate";
  const run = async (
    options: Partial<ProxyOptions["allow"]>,
    headers: Record<string, string>,
  ): Promise<string> => {
    const handler = proxyHandler({ client, allow: { models: ["acme/hello"], ...options } });
    const init = { method: "POST", ...json({ input: {} }), headers };
    const answer = await handler(new Request(`${inner}/models/acme/hello/predictions`, init));
    const { id } = await answer.json();
    const { origin: _, ...rest } = headers;
    const read = await handler(new Request(`${inner}/predictions/${id}`, { headers: rest }));
    const urls = [(await read.json()).urls.get];
    return new URL(urls[0]).origin;
  };
  const own = "https://shop.example";
  const site_ = { "sec-fetch-site": "same-origin" };
  assertEquals(await run({}, { ...site_, origin: own, referer: `${own}/page?q` }), own);
  assertEquals(await run({}, { host: "shop.example", "x-forwarded-proto": "https" }), own);
  const forwarded = { "x-forwarded-host": "shop.example", "x-forwarded-proto": "https" };
  assertEquals(await run({ trustProxy: true }, forwarded), own);
  // A page elsewhere does not decide where our addresses lead.
  const foreign = { origin: "https://app.example", referer: "https://app.example/" };
  assertEquals(await run({ origins: ["https://app.example"] }, foreign), "http://localhost:3000");
});
