import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { ApiError, Client, ConnectionError, PredictionError, ReplicateError } from "../../mod.ts";
import { cog, type CogOptions } from "../../src/cog/mod.ts";
import { withFakeTime } from "../../src/testing/mod.ts";
import { schemaCheck } from "../../src/schema/mod.ts";
import { type CogServerOptions, TestCog } from "./server.ts";

const URL_OF_COG = "http://localhost:5000";

/** A client for a server of a test. */
function clientOf(
  options: CogServerOptions,
  more: CogOptions = {},
): { server: TestCog; client: Client; local: ReturnType<typeof cog> } {
  const server = new TestCog(options);
  const local = cog(URL_OF_COG, { fetch: server.fetch, ...more });
  return { server, local, client: new Client(local) };
}

/** A gate that a model waits at. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { opened, open };
}

/** Waits until a call is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
}

for (const version of ["0.16", "0.22"] as const) {
  Deno.test(`cog() runs a model of Cog ${version} by any name, without a token`, async () => {
    const { server, client } = clientOf({ version, run: ({ name }) => `hello ${name}` });
    assertEquals(await client.run("acme/greeter", { input: { name: "Ada" } }), "hello Ada");
    const version64 = "a".repeat(64);
    assertEquals(await client.run(version64, { input: { name: "Bob" } }).text(), "hello Bob");
    const { prediction } = await client.run({ deployment: "a/b" }, { input: { name: "Cy" } })
      .prediction().then((prediction) => ({ prediction }));
    assertEquals([prediction.model, prediction.status, prediction.metrics?.predict_time], [
      "a/b",
      "succeeded",
      0.5,
    ]);
    assert(server.headers.every((it) => !it.has("authorization")));
    assertEquals(server.runs, 3);
    assertEquals(Object.keys(server.bodies[0]!).sort(), ["id", "input"]);
    assertMatch(String(server.bodies[0]!.id), /^[a-z2-7]{26}$/);
  });

  Deno.test(`cog() rejects an input that Cog ${version} refuses, by its fields`, async () => {
    const { client } = clientOf({
      version,
      run: () => 1,
      check: ({ steps }) =>
        steps === undefined
          ? [{ field: "steps", msg: "field required", type: "value_error.missing" }]
          : [{ field: "steps", msg: "ensure this is at most 4", type: "less_than_equal" }],
    });
    const error = await assertRejects(
      () => client.run("acme/x", { input: { steps: 9 } }),
      ApiError,
      "422 input.steps: ensure this is at most 4",
    );
    assertEquals(error.invalidFields, [{
      type: "number_lte",
      field: "input.steps",
      description: "ensure this is at most 4",
    }]);
    const missing = await assertRejects(() => client.start("acme/x", { input: {} }), ApiError);
    assertEquals(missing.invalidFields[0], {
      type: "required",
      field: "input",
      description: "steps is required",
    });
  });

  Deno.test(`cog() waits while Cog ${version} is busy or sets up`, async () => {
    await withFakeTime(async (time) => {
      const { server, client } = clientOf({ version, run: () => "at last" });
      server.health = "STARTING";
      const run = client.run("acme/x", { input: {} });
      await time.tick(5_000);
      server.health = "READY";
      assertEquals(await run, "at last");
      assertEquals(server.runs, 1);
    });
  });

  Deno.test(`cog() cancels a run of Cog ${version}, and one that waits`, async () => {
    const started = gate();
    const { server, client } = clientOf({
      version,
      run: (_, { signal }) => {
        started.open();
        return aborted(signal);
      },
    });
    const controller = new AbortController();
    const first = client.run("acme/x", { input: {}, signal: controller.signal });
    await started.opened;
    const second = await client.start("acme/x", { input: {} });
    assertEquals((await second.cancel()).status, "canceled");
    controller.abort(new Error("left"));
    await assertRejects(() => first, Error, "left");
    const oldest = (await client.predictions.list()).results.at(-1)!;
    const error = await assertRejects(() => client.wait(oldest), PredictionError);
    assertEquals(error.prediction.status, "canceled");
    assertEquals(server.lines.filter((it) => it.endsWith("cancel")), ["POST /predictions/cancel"]);
    assertEquals(server.runs, 1);
  });
}

Deno.test("cog() fails with the error of the model", async () => {
  const { client } = clientOf({ run: () => Promise.reject(new Error("CUDA out of memory")) });
  const error = await assertRejects(() => client.run("a/b", { input: {} }), PredictionError);
  assertEquals([error.kind, error.prediction.error], ["memory", "CUDA out of memory"]);
});

Deno.test("cog() sends files within the input, and reads those of the output", async () => {
  const { client, server } = clientOf({ run: ({ image }) => image });
  const image = new Blob(["<svg/>"], { type: "image/svg+xml" });
  const file = await client.run("acme/x", { input: { image } }).file();
  assertEquals(await file.text(), "<svg/>");
  assertEquals(server.lines, ["PUT /predictions"]);
});

Deno.test("cog() gives progress and streams where the model has events", async () => {
  const next = gate();
  const { client } = clientOf({
    version: "0.22",
    streaming: true,
    async *run(_, { log }): AsyncGenerator<string> {
      log("50%|#####     | 1/2 [00:01<00:01, 1.00it/s]\n");
      yield "Rain";
      await next.opened;
      yield " taps";
    },
  });
  const texts: string[] = [];
  for await (const text of client.stream("acme/poet", { input: {} }).text()) {
    texts.push(text);
    next.open();
  }
  assertEquals(texts, ["Rain", " taps"]);
  const seen: unknown[] = [];
  const output = await client.run("acme/poet", {
    input: {},
    wait: false,
    onProgress: (_, progress) => void seen.push(progress?.percentage),
  });
  assertEquals(output, ["Rain", " taps"]);
  assert(seen.includes(0.5), String(seen));
});

Deno.test("cog() streams at the end where the model has no events", async () => {
  for (const version of ["0.16", "0.22"] as const) {
    const { client } = clientOf({
      version,
      async *run(): AsyncGenerator<string> {
        yield "Rain";
        yield " taps";
      },
    });
    const texts: string[] = [];
    for await (const text of client.stream("a/b", { input: {} }).text()) texts.push(text);
    assertEquals(texts, ["Rain", " taps"]);
    const failing = clientOf({ version, run: () => Promise.reject(new Error("no")) }).client;
    await assertRejects(() => failing.stream("a/b", { input: {} }).text().next(), PredictionError);
  }
});

Deno.test("cog() gives progress by webhooks, over real sockets", async () => {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const next = gate();
  const cogServer = new TestCog({
    async *run(_, { log }): AsyncGenerator<string> {
      log("loading\n");
      yield "Rain";
      await next.opened;
      yield " taps";
    },
  });
  const container = Deno.serve(options, cogServer.handle);
  let handle: (request: Request) => Promise<Response> = () => Promise.resolve(new Response());
  const listener = Deno.serve(options, (request) => handle(request));
  const origin = (port: number): string => `http://127.0.0.1:${port}`;
  const local = cog(origin(container.addr.port), { webhook: origin(listener.addr.port) });
  ({ handle } = local);
  const client = new Client(local);
  const texts: string[] = [];
  for await (const text of client.stream("acme/poet", { input: {} }).text()) {
    texts.push(text);
    next.open();
  }
  assertEquals(texts, ["Rain", " taps"]);
  const { webhook } = cogServer.bodies[0]!;
  const strangers = await fetch(`${new URL(String(webhook)).origin}/x/${cogServer.bodies[0]!.id}`, {
    method: "POST",
    body: "{}",
  });
  assertEquals(strangers.status, 404);
  await strangers.body?.cancel();
  await Promise.all([container.shutdown(), listener.shutdown()]);
});

Deno.test("cog() hands on the webhook of the caller", async () => {
  const { client, server } = clientOf({ run: () => 1 }, { webhook: "http://127.0.0.1:9" });
  const webhook = "http://127.0.0.1:1/hook";
  await client.run("a/b", { input: {}, webhook, webhook_events_filter: ["completed"] });
  assertEquals(server.bodies[0]?.webhook, webhook);
  assertEquals(server.bodies[0]?.webhook_events_filter, ["completed"]);
});

Deno.test("cog() runs a batch within the slots of the server", async () => {
  for (const slots of [1, 3]) {
    let now = 0;
    let most = 0;
    const { client, server } = clientOf({
      slots,
      async run({ n }): Promise<unknown> {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 1));
        now--;
        return n;
      },
    }, { concurrency: slots });
    const inputs = [1, 2, 3, 4, 5].map((n) => ({ n }));
    const results = await client.batch("a/b", inputs, { ordered: true });
    assertEquals(results.map((it) => it.status === "fulfilled" && it.value), [1, 2, 3, 4, 5]);
    assertEquals(server.runs, 5);
    assert(most <= slots);
    assertEquals(server.lines.filter((it) => it === "PUT /predictions").length, 5);
  }
});

Deno.test("cog() sends a request again whose answer was lost, and the model runs once", async () => {
  const done = gate();
  const server = new TestCog({
    version: "0.22",
    async run(): Promise<string> {
      await done.opened;
      return "once";
    },
  });
  let sent = 0;
  const client = new Client(cog(URL_OF_COG, {
    fetch: async (input, init) => {
      const answer = server.fetch(input, init);
      if (init?.method !== "PUT" || init.headers === undefined) return await answer;
      sent++;
      // The first asks for events, which the model has not; the second is lost.
      if (sent === 2) throw new TypeError("fetch failed", { cause: { code: "ECONNRESET" } });
      const response = await answer;
      // By now the run is known; it ends before it is asked for again.
      if (response.status === 202) done.open();
      return response;
    },
  }));
  assertEquals(await client.run("a/b", { input: {} }), "once");
  assert(server.runs <= 2);
  assertEquals(server.lines.slice(0, 3), Array(3).fill("PUT /predictions"));
});

Deno.test("cog() joins a stream of events again that ended early, without a double", async () => {
  const events = (...texts: string[]): Response =>
    new Response(texts.join(""), { headers: { "content-type": "text/event-stream" } });
  const start = 'event: start\ndata: {"status":"processing"}\n\n';
  const log = 'event: log\ndata: {"source":"stdout","data":"go\\n"}\n\n';
  const output = (chunk: string, index: number): string =>
    `event: output\ndata: ${JSON.stringify({ chunk, index })}\n\n`;
  const end = 'event: completed\ndata: {"status":"succeeded","output":["Rain"," taps"]}\n\n';
  const answers = [
    events(start, log, output("Rain", 0)),
    events(start, log, output("Rain", 0), output(" taps", 1), end),
  ];
  const paths: string[] = [];
  const fetch = (input: string | URL | Request): Promise<Response> => {
    paths.push(String(input));
    return Promise.resolve(answers.shift()!);
  };
  const client = new Client(cog(URL_OF_COG, { fetch }));
  const prediction = await client.run("a/b", { input: {} }).prediction();
  assertEquals([prediction.output, prediction.logs], [["Rain", " taps"], "go\n"]);
  assertEquals([paths.length, paths[0]], [2, paths[1]]);
});

Deno.test("cog() gives up on a server whose streams end early each time", async () => {
  const fetch = (): Promise<Response> =>
    Promise.resolve(new Response("", { headers: { "content-type": "text/event-stream" } }));
  const client = new Client({ ...cog(URL_OF_COG, { fetch }), retry: false });
  await assertRejects(() => client.run("a/b", { input: {} }), Error, "its events ended early");
});

Deno.test("cog() says that no server is there", async () => {
  const refuse = (): Promise<Response> =>
    Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }));
  const client = new Client({ ...cog(URL_OF_COG, { fetch: refuse }), retry: false });
  await assertRejects(
    () => client.run("a/b", { input: {} }),
    ConnectionError,
    "no connection to localhost:5000",
  );
});

Deno.test("cog() knows the model of the container by its OpenAPI document", async () => {
  const { client, server } = clientOf({ run: ({ prompt }) => prompt });
  const { latest_version } = await client.models.get("acme/x");
  assertEquals(Object.keys(latest_version?.openapi_schema?.components?.schemas ?? {}), ["Input"]);
  assertEquals((await client.models.versions.list("acme/x")).results.length, 1);
  const strict = client.with({ schemaCheck });
  await assertRejects(() => strict.run("acme/x", { input: { prompt: 5 } }), Error, "input.prompt");
  assertEquals(await strict.run("acme/x", { input: { prompt: "a" } }), "a");
  assertEquals(server.runs, 1);
});

Deno.test("cog() says what a Cog server does not have", async () => {
  const { client } = clientOf({ run: () => 1 });
  await assertRejects(() => client.account.get(), ApiError, "a Cog server has no GET /account");
  await assertRejects(
    () => client.files.create(new Blob(["a"])),
    ApiError,
    "a Cog server has no POST /files",
  );
  await assertRejects(
    () => client.with({ retry: false }).predictions.get("zzz"),
    ApiError,
    "only the client that created it knows it",
  );
  assertEquals((await (await client.request("/health-check")).json()).status, "READY");
});

Deno.test("cog() keeps the deadline that Replicate would keep", async () => {
  await withFakeTime(async () => {
    const { client } = clientOf({ run: (_, { signal }) => aborted(signal) });
    const job = await client.start("a/b", { input: {}, cancelAfter: "10s" });
    await assertRejects(() => job.output(), PredictionError);
    assertEquals(job.prediction.status, "canceled");
  });
});

Deno.test("cog().ready() waits for the setup of the model", async () => {
  await withFakeTime(async (time) => {
    const { local, server } = clientOf({ run: () => 1 });
    server.health = "STARTING";
    const ready = local.ready();
    await time.tick(3_000);
    server.health = "READY";
    await ready;
    server.health = "STARTING";
    await assertRejects(() => local.ready({ timeout: "5s" }), ReplicateError, "is STARTING yet");
    server.health = "SETUP_FAILED";
    await assertRejects(
      () => local.ready(),
      ReplicateError,
      "SETUP_FAILED: loading weights no GPU",
    );
  });
});

Deno.test("cog() refuses what it cannot use", () => {
  assertThrows(() => cog("localhost"), TypeError, "Cannot use this as the address");
  assertThrows(() => cog(URL_OF_COG, { webhook: "x" }), TypeError, "Cannot use this as webhook");
  assertThrows(() => cog(URL_OF_COG, { concurrency: 0 }), RangeError, "concurrency");
  const wrong = { slots: 2 } as unknown as CogOptions;
  assertThrows(() => cog(URL_OF_COG, wrong), TypeError, "there is no option slots");
  const option = { baseUrl: URL_OF_COG, cog: true };
  assertThrows(() => new Client(option), TypeError, 'give cog(url) of "@x/replicate/cog"');
});
