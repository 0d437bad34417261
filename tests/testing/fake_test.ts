import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { type FakeJob, FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { ask, create } from "./helpers.ts";

const sleeper = {
  run: async (_: unknown, job: FakeJob): Promise<string> => {
    await job.sleep(10_000);
    return "done";
  },
};

Deno.test("FakeReplicate creates a prediction as starting, without output, and runs it", async () => {
  await withFakeTime(async () => {
    await using fake = new FakeReplicate({ models: { "acme/slow": { ...sleeper, boot: 2_000 } } });
    const { status, json } = await create(fake, "acme/slow", { text: "x" });
    assertEquals([status, json.status, json.logs, json.error], [201, "starting", "", null]);
    assertEquals("output" in json, false);
    assertEquals("started_at" in json, false);
    assertEquals(json.urls.get, `https://api.replicate.com/v1/predictions/${json.id}`);
    assertMatch(json.id, /^[a-z0-9]{26}$/);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const later = (await ask(fake, "GET", `/predictions/${json.id}`)).json;
    assertEquals([later.status, later.output], ["processing", null]);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const last = (await ask(fake, "GET", `/predictions/${json.id}`)).json;
    assertEquals([last.status, last.output], ["succeeded", "done"]);
    assertEquals(last.metrics, { predict_time: 10, total_time: 12 });
    fake.assertDone();
  });
});

Deno.test("FakeReplicate blocks for Prefer: wait and answers what there is by then", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({ models: { "acme/slow": sleeper } });
    const early = await create(fake, "acme/slow", {}, { prefer: "wait=3" });
    assertEquals([early.status, early.json.status, time.elapsed()], [202, "processing", 3_000]);
    assertEquals(early.headers.get("preference-applied"), "wait=3");
    const done = await create(fake, "acme/slow", {}, { prefer: "wait" });
    assertEquals([done.status, done.json.output, time.elapsed()], [201, "done", 13_000]);
    assertEquals((await create(fake, "acme/slow", {}, { prefer: "wait=0" })).status, 422);
  });
});

Deno.test("FakeReplicate may answer a blocking create before the prediction has ended", async () => {
  await withFakeTime(async (time) => {
    const models = { "acme/slow": { ...sleeper, linger: 500 } };
    await using fake = new FakeReplicate({ models });
    const { json } = await create(fake, "acme/slow", {}, { prefer: "wait" });
    assertEquals([json.status, json.output, time.elapsed()], ["processing", "done", 10_000]);
    await time.tick(500);
    assertEquals((await ask(fake, "GET", `/predictions/${json.id}`)).json.status, "succeeded");
  });
});

Deno.test("FakeReplicate lets the output of an async iterable grow", async () => {
  await withFakeTime(async (time) => {
    const words = async function* (_: unknown, job: FakeJob): AsyncGenerator<string> {
      for (const word of ["a", "b", "c"]) {
        await job.sleep(100);
        yield word;
      }
    };
    await using fake = new FakeReplicate({ models: { "acme/poet": { run: words } } });
    const { id } = (await create(fake, "acme/poet")).json;
    const seen: unknown[] = [];
    for (let poll = 0; poll < 4; poll++) {
      await time.tick(poll === 0 ? 50 : 100);
      const { status, output } = (await ask(fake, "GET", `/predictions/${id}`)).json;
      seen.push([status, output]);
    }
    assertEquals(seen, [
      ["processing", []],
      ["processing", ["a"]],
      ["processing", ["a", "b"]],
      ["succeeded", ["a", "b", "c"]],
    ]);
  });
});

Deno.test("FakeReplicate cancels a prediction and aborts its job", async () => {
  await withFakeTime(async (time) => {
    let reason: unknown;
    const run = async (_: unknown, job: FakeJob): Promise<void> => {
      job.signal.addEventListener("abort", () => reason = job.signal.reason);
      await job.sleep(60_000);
    };
    await using fake = new FakeReplicate({ models: { "acme/slow": { run } } });
    const { id } = (await create(fake, "acme/slow")).json;
    await time.tick(1_000);
    const canceled = await ask(fake, "POST", `/predictions/${id}/cancel`);
    assertEquals([canceled.status, canceled.json.status, canceled.json.output], [
      200,
      "canceled",
      null,
    ]);
    assertEquals((reason as DOMException).name, "AbortError");
    assertEquals(time.timers, 0);
    const again = await ask(fake, "POST", `/predictions/${id}/cancel`);
    assertEquals([again.json, fake.cancels], [canceled.json, [id, id]]);
  });
});

Deno.test("FakeReplicate stops a job cooperating or not, even one that awaits for ever", async () => {
  await withFakeTime(async () => {
    const run = async function* (): AsyncGenerator<string> {
      yield "one";
      await new Promise(() => {});
    };
    await using fake = new FakeReplicate({ models: { "acme/stuck": { run } } });
    const { id } = (await create(fake, "acme/stuck", {}, { prefer: "wait=1" })).json;
    await ask(fake, "POST", `/predictions/${id}/cancel`);
    assertEquals((await ask(fake, "GET", `/predictions/${id}`)).json.status, "canceled");
  });
});

Deno.test("FakeReplicate obeys Cancel-After: aborted before the start, canceled after it", async () => {
  await withFakeTime(async (time) => {
    const models = { "acme/slow": sleeper, "acme/cold": { ...sleeper, boot: 60_000 } };
    await using fake = new FakeReplicate({ models });
    const slow = (await create(fake, "acme/slow", {}, { "cancel-after": "5" })).json;
    const cold = (await create(fake, "acme/cold", {}, { "cancel-after": "0m6s" })).json;
    assertEquals(Date.parse(String(slow.deadline)) - time.now(), 5_000);
    await time.tick(7_000);
    assertEquals((await ask(fake, "GET", slow.urls.get)).json.status, "canceled");
    const aborted = (await ask(fake, "GET", cold.urls.get)).json;
    assertEquals([aborted.status, aborted.output], ["aborted", null]);
    assertEquals((await create(fake, "acme/slow", {}, { "cancel-after": "4s" })).status, 422);
    assertEquals((await create(fake, "acme/slow", {}, { "cancel-after": "1s1m" })).status, 422);
    await using quick = new FakeReplicate({ models: { "acme/quick": { run: () => 1 } } });
    await create(quick, "acme/quick", {}, { "cancel-after": "1h", prefer: "wait" });
    await time.tick(0);
    assertEquals(time.timers, 0);
  });
});

Deno.test("FakeReplicate fails a prediction with what its model throws", async () => {
  await using fake = new FakeReplicate({
    models: {
      "acme/broken": {
        run: ({ how }, job) => {
          if (how === "object") throw { code: 5 };
          job.log("about to fail\n");
          job.fail("ran out of memory");
        },
      },
    },
  });
  const { json } = await create(fake, "acme/broken", {}, { prefer: "wait" });
  assertEquals([json.status, json.error, json.output], ["failed", "ran out of memory", null]);
  assertEquals(json.logs, "about to fail\n");
  const other = await create(fake, "acme/broken", { how: "object" }, { prefer: "wait" });
  assertEquals(other.json.error, { code: 5 });
});

Deno.test("FakeReplicate checks the input against the schema and fills in defaults", async () => {
  await using fake = new FakeReplicate({
    models: {
      "acme/painter": {
        schema: {
          Input: {
            type: "object",
            required: ["prompt"],
            properties: {
              prompt: { type: "string" },
              steps: { type: "integer", minimum: 1, maximum: 4, default: 2 },
              size: { allOf: [{ $ref: "#/components/schemas/size" }], default: "small" },
              image: { type: "string", format: "uri" },
            },
          },
          size: { type: "string", enum: ["small", "large"] },
        },
        run: (input) => input,
      },
    },
  });
  const good = await create(fake, "acme/painter", { prompt: "a fig" }, { prefer: "wait" });
  assertEquals(good.json.output, { prompt: "a fig", steps: 2, size: "small" });
  assertEquals(good.json.input, { prompt: "a fig" });
  const bad = await create(fake, "acme/painter", { steps: 9, size: "huge", image: "fig" });
  assertEquals([bad.status, bad.headers.get("content-type")], [422, "application/problem+json"]);
  const fields = bad.json.invalid_fields as { type: string; field: string }[];
  assertEquals(fields.map(({ type, field }) => `${type} ${field}`), [
    "required input",
    "number_lte input.steps",
    "enum input.size",
    "format input.image",
  ]);
  assert(bad.json.detail.startsWith("- input: prompt is required\n- input.steps: "));
  assertEquals(fake.predictions.size, 1);
});

Deno.test("FakeReplicate refuses unknown keys, broken JSON and unknown versions", async () => {
  await using fake = new FakeReplicate({
    models: { "acme/open": { run: () => 1 }, "acme/official": { official: true, run: () => 2 } },
  });
  const version = fake.version("acme/open");
  const post = (body: unknown): Promise<{ status: number; json: Record<string, unknown> }> =>
    ask(fake, "POST", "/predictions", body);
  assertEquals((await post({ version, input: {}, signal: {} })).status, 422);
  assertEquals((await post('{"version":')).status, 400);
  assertEquals((await post({ input: {} })).status, 422);
  assertEquals((await post({ version, input: {} })).json.version, version);
  assertEquals((await post({ version: `acme/open:${version}`, input: {} })).status, 201);
  assertEquals((await post({ version: "acme/official", input: {} })).json.version, "hidden");
  for (const unknown of ["acme/open", "acme/open:latest", "f".repeat(64), "acme/none"]) {
    const { status, json } = await post({ version: unknown, input: {} });
    assertEquals([status, json.title], [422, "Invalid version or not permitted"], unknown);
  }
  const named = "/models/acme/open/predictions";
  assertEquals((await ask(fake, "POST", named, { input: {} })).status, 404);
  const official = "/models/acme/official/predictions";
  assertEquals((await ask(fake, "POST", official, { input: {} })).status, 201);
  assertEquals((await ask(fake, "GET", "/models/acme/official/versions")).status, 404);
});

Deno.test("FakeReplicate wants a token, and the right one when it knows it", async () => {
  await using fake = new FakeReplicate({ models: {}, token: "r8_right" });
  const url = "https://api.replicate.com/v1/account";
  const bare = await fake.fetch(url);
  assertEquals([bare.status, (await bare.json()).title], [401, "Unauthenticated"]);
  const wrong = await fake.fetch(url, { headers: { authorization: "Bearer r8_wrong" } });
  assertEquals([wrong.status, await wrong.body?.cancel()], [401, undefined]);
  const right = await fake.fetch(url, { headers: { authorization: "Token r8_right" } });
  assertEquals((await right.json()).username, "acme");
  assertEquals(JSON.stringify(fake.requests).includes("r8_"), false);
  assertEquals(fake.requests[1]?.headers.authorization, "[redacted]");
});

Deno.test("FakeReplicate keeps what it was asked, and complains of unknown routes", async () => {
  await using fake = new FakeReplicate({ models: {} });
  await ask(fake, "GET", "/search?query=x&limit=3");
  assertEquals((await ask(fake, "GET", "/nothing")).status, 404);
  assertEquals((await ask(fake, "PUT", "/account")).status, 405);
  const [first] = fake.requests;
  assertEquals([first?.method, first?.path, first?.operation], ["GET", "/search", "search"]);
  assertEquals(first?.query, { query: "x", limit: "3" });
  assertEquals(fake.requestsOf("search").length, 1);
  assertEquals(fake.unknown.length, 2);
  assertThrows(
    () => fake.assertDone(),
    Error,
    "no route for GET https://api.replicate.com/v1/nothing",
  );
});

Deno.test("FakeReplicate stops everything when it is disposed", async () => {
  await withFakeTime(async (time) => {
    const fake = new FakeReplicate({ models: { "acme/slow": sleeper }, faults: [{ hang: true }] });
    const hung = assertRejects(() => fake.fetch("https://api.replicate.com/v1/account"), TypeError);
    const { id, urls } = (await create(fake, "acme/slow")).json;
    const stream = await fake.fetch(urls.stream ?? "");
    const blocked = create(fake, "acme/slow", {}, { prefer: "wait" });
    await time.tick(10);
    await fake[Symbol.asyncDispose]();
    await Promise.all([hung, blocked, stream.text()]);
    await time.tick(0);
    assertEquals([fake.predictions.get(id)?.status, time.timers], ["canceled", 0]);
  });
});
