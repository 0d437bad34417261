import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Client, costMeter, type Job } from "../../mod.ts";
import type { FakeJob } from "../../src/testing/mod.ts";
import { traced, tracedHandler } from "../../src/trace/mod.ts";
import { webhookHandler } from "../../src/webhooks/mod.ts";
import { taking, yielding } from "../run/world.ts";
import { eventsOf, inTraceWorld } from "./world.ts";

const SECRET = "a fig in a secret garden";

/** A model that counts tokens. */
const counting = (ms: number) => ({
  official: true,
  run: async (_: unknown, job: FakeJob) => {
    await job.sleep(ms);
    job.metric("input_token_count", 7);
    job.metric("output_token_count", 3);
    return "a plum";
  },
});

Deno.test("run() is one span with its polls, the names of the conventions, tokens and times", () =>
  inTraceWorld({ "acme/a": counting(2000) }, async ({ client, spans, fake }) => {
    const input = { prompt: SECRET };
    assertEquals(await client.run("acme/a", { input, wait: false }), "a plum");
    assertEquals(spans().length, 1);
    const [span] = spans();
    assertEquals([span?.name, span?.kind], ["generate_content acme/a", 2]);
    const [id] = fake.predictions.keys();
    const {
      "replicate.predict_time": predict,
      "replicate.total_time": total,
      "replicate.version": _,
      ...attributes
    } = span!.attributes;
    assertEquals(attributes, {
      "gen_ai.operation.name": "generate_content",
      "gen_ai.provider.name": "replicate",
      "gen_ai.request.model": "acme/a",
      "gen_ai.response.id": id,
      "gen_ai.response.model": "acme/a",
      "gen_ai.usage.input_tokens": 7,
      "gen_ai.usage.output_tokens": 3,
      "replicate.status": "succeeded",
      "server.address": "api.replicate.com",
    });
    assertEquals([predict, total], [2, 2]);
    const events = eventsOf(span);
    assertEquals(events[0], "create");
    assert(events.length > 3 && events.slice(1).every((it) => it === "poll"), events.join());
    assertEquals(span?.events[0]?.attributes, {
      "http.request.method": "POST",
      "http.request.resend_count": 0,
      "http.response.status_code": 201,
      "replicate.ms": 0,
      "url.path": "/models/acme/a/predictions",
    });
    assert(!JSON.stringify(span!.events.concat(span!.attributes as never)).includes("fig"));
  }));

Deno.test("run() of several models is one span, with the model that has answered", () => {
  const run = (_: unknown, job: FakeJob) => job.fail("CUDA out of memory");
  const models = { "acme/a": { official: true, run }, "acme/b": taking(10, "a plum") };
  return inTraceWorld(models, async ({ client, spans }) => {
    assertEquals(await client.run(["acme/a", "acme/b"], { input: {}, wait: false }), "a plum");
    const [span, ...others] = spans();
    assertEquals([span?.name, others.length], ["generate_content", 0]);
    assertEquals(span?.attributes["gen_ai.response.model"], "acme/b");
    assertEquals(eventsOf(span).filter((it) => it === "create").length, 2);
  });
});

Deno.test("run() tells of attempts, waits and throttles", () =>
  inTraceWorld({ "acme/a": taking(10) }, async ({ client, spans, fake }) => {
    fake.fault({ match: { method: "POST" }, status: 429, retryAfter: 2 });
    await Promise.all([client.run("acme/a", { input: {} }), client.run("acme/a", { input: {} })]);
    const [one, other] = [...spans()].sort((a, b) => a.events.length - b.events.length);
    // The one that was refused waits, and the other one is held back with it.
    assertEquals(eventsOf(one), ["request", "throttle", "create"]);
    assertEquals(eventsOf(other), ["create", "wait", "throttle", "create"]);
    const [first, wait] = other!.events;
    assertEquals(first?.attributes?.["http.response.status_code"], 429);
    assertEquals(wait?.attributes?.["replicate.ms"], 2000);
    const again = other!.events.findLast(({ name }) => name === "replicate.create");
    assertEquals(again?.attributes?.["http.request.resend_count"], 1);
  }));

Deno.test("run() that fails is an error of its kind, and its message stays out", () => {
  const run = () => {
    throw new Error(`CUDA out of memory for ${SECRET}`);
  };
  return inTraceWorld({ "acme/a": { official: true, run } }, async ({ client, spans }) => {
    await assertRejects(() => client.run("acme/a", { input: {} }), Error, "CUDA");
    const [span] = spans();
    assertEquals(span?.status, { code: 2 });
    assertEquals(span?.attributes["error.type"], "memory");
    assertEquals(span?.attributes["replicate.status"], "failed");
  });
});

Deno.test("run() that is aborted has its cancel as an event", () =>
  inTraceWorld({ "acme/a": taking(60_000) }, async ({ client, spans, fake }) => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("left")), 3000);
    const options = { input: {}, wait: false, signal: abort.signal };
    await assertRejects(() => client.run("acme/a", options), Error, "left");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const [span] = spans();
    assertEquals(fake.cancels.length, 1);
    assertEquals(eventsOf(span).at(-1), "cancel");
    assertEquals(span?.attributes["error.type"], "Error");
    assertEquals(span?.status.code, 2);
  }));

Deno.test("content: true puts the input, the output and messages on the span", () =>
  inTraceWorld({ "acme/a": counting(10) }, async ({ client, spans }) => {
    await client.run("acme/a", { input: { prompt: SECRET } });
    const { attributes } = spans()[0]!;
    assertEquals(JSON.parse(String(attributes["gen_ai.input.messages"])), [
      { role: "user", parts: [{ type: "text", content: JSON.stringify({ prompt: SECRET }) }] },
    ]);
    assertEquals(JSON.parse(String(attributes["gen_ai.output.messages"])), [
      { role: "assistant", parts: [{ type: "text", content: "a plum" }] },
    ]);
  }, { content: true }));

Deno.test("a meter counts each run once, and its cost is on the span", () => {
  const meter = costMeter({ prices: { models: { "acme/a": { output_token_count: 0.01 } } } });
  const own = costMeter({ prices: { models: { "acme/a": { output_token_count: 1 } } } });
  return inTraceWorld(
    { "acme/a": counting(10), "acme/b": taking(1) },
    async ({ client, spans }) => {
      await client.run("acme/a", { input: {} });
      await client.run("acme/b", { input: {} });
      await client.stream("acme/a", { input: {} }).toResponse().text();
      const job = await client.start("acme/a", { input: {}, meter: own });
      await job.output();
      const costs = spans().map((it) => it.attributes["replicate.cost"]);
      assertEquals(costs, [0.03, undefined, 0.03, undefined, 3]);
      const { amount, runs, unknownRuns } = await meter.total();
      assertEquals([amount, runs, unknownRuns], [0.06, 3, 1]);
      assertEquals((await own.total()).amount, 3);
    },
    { meter },
  );
});

Deno.test("run() is a child of the span around it, and side by side runs keep their events", () =>
  inTraceWorld({ "acme/a": taking(500), "acme/b": taking(5000) }, async (world) => {
    const { client, spans, options } = world;
    const tracer = options.tracer;
    await tracer.startActiveSpan("request", {}, async (span) => {
      await Promise.all(
        ["acme/a", "acme/b"].map((ref) => client.run(ref, { input: {}, wait: false })),
      );
      span.end();
    });
    const [a, b, request] = spans();
    assertEquals(request?.name, "request");
    for (const span of [a, b]) {
      assertEquals(span?.parentSpanContext?.spanId, request?.spanContext().spanId);
      assertEquals(eventsOf(span).filter((it) => it === "create").length, 1);
    }
    assert(eventsOf(b).length > eventsOf(a).length);
  }));

Deno.test("stream() is one span in each of its forms, with the first output and the tokens", () =>
  inTraceWorld({
    "acme/a": {
      official: true,
      async *run(_, job) {
        yield "Rain";
        await job.sleep(1000);
        yield " taps";
        job.metric("output_token_count", 2);
      },
    },
  }, async ({ client, spans, fake }) => {
    const stream = client.stream("acme/a", { input: {} });
    assertEquals(spans(), []);
    let text = "";
    for await (const piece of stream.text()) text += piece;
    assertEquals(text, "Rain taps");
    const answer = await client.stream("acme/a", { input: {} }).toResponse({ as: "text" }).text();
    assertEquals(answer, "Rain taps");
    assertEquals(spans().length, 2);
    for (const [index, span] of spans().entries()) {
      assertEquals(eventsOf(span).slice(0, 3), ["create", "stream", "first_output"]);
      assertEquals(span.attributes["gen_ai.usage.output_tokens"], 2);
      assertEquals(span.attributes["gen_ai.response.id"], [...fake.predictions.keys()][index]);
      assert(!JSON.stringify(span.events).includes("stream.replicate.com/"), "the secret address");
    }
  }));

Deno.test("stream() that is left ends its span, and cancels as without it", () =>
  inTraceWorld({ "acme/a": yielding(Array(50).fill("x")) }, async ({ client, spans, fake }) => {
    for await (const _ of client.stream("acme/a", { input: {} })) break;
    const reader = client.stream("acme/a", { input: {} }).toReadableStream().getReader();
    // A comment comes first, before the run has begun.
    for (let text = ""; !text.includes("event: output");) {
      text = new TextDecoder().decode((await reader.read()).value);
    }
    await reader.cancel();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assertEquals(fake.cancels.length, 2);
    assertEquals(spans().map((it) => [it.status.code, eventsOf(it).at(-1)]), [
      [0, "cancel"],
      [0, "cancel"],
    ]);
  }));

Deno.test("stream() of a job that failed is an error of its kind", () =>
  inTraceWorld({ "acme/a": yielding(["x", new Error("out of memory")]) }, async (world) => {
    const { client, spans } = world;
    await assertRejects(async () => {
      for await (const _ of client.stream("acme/a", { input: {} })) { /* until it fails */ }
    });
    assertEquals(spans().map((it) => it.attributes["error.type"]), ["memory"]);
  }));

Deno.test("stream() of a job or a prediction goes on in its trace, and names its model", () =>
  inTraceWorld({ "acme/a": yielding(["x", "y"]) }, async ({ client, plain, spans }) => {
    const job = await client.start("acme/a", { input: {} });
    for await (const _ of client.stream(job)) { /* to its end */ }
    const other = await plain.predictions.create({ model: "acme/a", input: {} });
    for await (const _ of client.stream(other)) { /* to its end */ }
    const [, first, second] = spans();
    assertEquals(first?.attributes["gen_ai.response.id"], job.id);
    assertEquals(second?.attributes["gen_ai.response.id"], other.id);
    assertEquals([first?.name, second?.name], [
      "generate_content acme/a",
      "generate_content acme/a",
    ]);
  }));

Deno.test("stream() whose job cannot be read after its end ends its span all the same", () =>
  inTraceWorld({ "acme/a": yielding(["x"]) }, async ({ plain, spans, options }) => {
    let isOver = false;
    const client = traced(
      plain.with({
        retry: false,
        middleware: [(request, next) => {
          if (isOver) return Promise.resolve(Response.json({ detail: "gone" }, { status: 403 }));
          return next(request);
        }],
      }),
      options,
    );
    for await (const { event } of client.stream("acme/a", { input: {} })) {
      if (event === "output") isOver = true;
    }
    assertEquals(spans().map((it) => [it.status.code, it.attributes["replicate.status"]]), [
      [0, undefined],
    ]);
  }));

Deno.test("start() and events() that fail are errors of their kind", () =>
  inTraceWorld({ "acme/a": yielding(["x", new Error("out of memory")]) }, async (world) => {
    const { client, spans } = world;
    await assertRejects(() => client.start("acme/none", { input: {} }));
    const job = await client.start("acme/a", { input: {} });
    await assertRejects(async () => {
      for await (const _ of job.events()) { /* until it fails */ }
    });
    assertEquals(spans().map((it) => it.attributes["error.type"]), ["404", undefined, "memory"]);
  }));

Deno.test("cancel() of a job that somebody waits for is an event of the wait", () =>
  inTraceWorld({ "acme/a": taking(9000) }, async ({ client, spans }) => {
    const job = await client.start("acme/a", { input: {} });
    const output = assertRejects(() => job.output());
    await new Promise((resolve) => setTimeout(resolve, 100));
    await job.cancel();
    await output;
    const [, wait, ...more] = spans();
    assertEquals(more, []);
    assert(eventsOf(wait).includes("cancel"));
  }));

Deno.test("tracedHandler() tells of an answer that is an error, and of a handler that throws", () =>
  inTraceWorld({}, async ({ spans, options }) => {
    const request = () => new Request("https://app.example/hooks", { method: "POST" });
    const broken = tracedHandler(() => Promise.resolve(new Response("", { status: 503 })), options);
    assertEquals((await broken(request())).status, 503);
    const throwing = tracedHandler(() => Promise.reject(new TypeError("a plum")), options);
    await assertRejects(() => throwing(request()), TypeError, "a plum");
    assertEquals(spans().map((it) => [it.status.code, it.attributes["error.type"]]), [
      [2, undefined],
      [2, "TypeError"],
    ]);
  }));

Deno.test("start() and output() are spans of one trace, in another process too", () =>
  inTraceWorld({ "acme/a": counting(3000) }, async ({ client, spans }) => {
    const job = await client.start("acme/a", { input: {} });
    assertEquals(spans().map((it) => it.attributes["replicate.status"]), ["starting"]);
    const saved = JSON.stringify(job.detach());
    const resumed = await client.resume(saved, "acme/a");
    assertEquals(await resumed.output(), "a plum");
    assertEquals(await job.output(), "a plum");
    const [create, there, here] = spans();
    const ids = create!.spanContext();
    for (const span of [there, here]) {
      assertEquals(span?.spanContext().traceId, ids.traceId);
      assertEquals(span?.parentSpanContext?.spanId, ids.spanId);
      assertEquals(span?.attributes["gen_ai.usage.input_tokens"], 7);
    }
    assert(eventsOf(there).every((it) => it === "poll"));
    assertEquals(JSON.parse(JSON.stringify(resumed)).traceparent, JSON.parse(saved).traceparent);
  }));

Deno.test("resume() without context and propagation links to the span of start()", () =>
  inTraceWorld({ "acme/a": counting(30) }, async ({ client, spans }) => {
    const job = await client.start("acme/a", { input: {} });
    await (await client.resume(JSON.stringify(job))).output();
    const [create, end] = spans();
    assertEquals(end?.links[0]?.context.spanId, create?.spanContext().spanId);
    assertEquals(end?.name, "generate_content acme/a");
    assert(end?.spanContext().traceId !== create?.spanContext().traceId);
  }, { context: undefined, propagation: undefined }));

Deno.test("resume() believes no traceparent that is none", () =>
  inTraceWorld({ "acme/a": counting(30) }, async ({ client, spans }) => {
    const { id } = await client.start("acme/a", { input: {} });
    for (const traceparent of ["x", 3, `00-${"0".repeat(31)}G-${"1".repeat(16)}-01`]) {
      const saved = { id, traceparent } as { id: string };
      assertEquals(await (await client.resume(saved)).output(), "a plum");
    }
    assertEquals(spans().slice(1).map((it) => it.parentSpanContext), [
      undefined,
      undefined,
      undefined,
    ]);
  }));

Deno.test("events() and cancel() of a job are spans, and disposing of it cancels", () =>
  inTraceWorld({ "acme/a": yielding(["x", "y"]), "acme/b": taking(9000) }, async (world) => {
    const { client, spans, fake } = world;
    const job = await client.start("acme/a", { input: {} });
    const events: string[] = [];
    for await (const { event } of job.events()) events.push(event);
    assertEquals(events.at(-1), "done");
    assertEquals(spans()[1]?.attributes["replicate.status"], "succeeded");
    let slow: Job;
    {
      await using owned = await client.start("acme/b", { input: {} });
      slow = owned;
    }
    assertEquals(slow.status, "canceled");
    assertEquals(fake.cancels, [slow.id]);
    assertEquals(eventsOf(spans().at(-1)), ["cancel"]);
  }));

Deno.test("a job that is left has its cancel on the span of the wait", () =>
  inTraceWorld({ "acme/a": yielding(Array(90).fill("x")) }, async ({ client, spans, fake }) => {
    for await (const { event } of (await client.start("acme/a", { input: {} })).events()) {
      if (event === "output") break;
    }
    const abort = new AbortController();
    const job = await client.start("acme/a", { input: {}, signal: abort.signal });
    setTimeout(() => abort.abort(new Error("left")), 1000);
    await assertRejects(() => job.output(), Error, "left");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assertEquals(fake.cancels.length, 2);
    const waits = spans().filter((it) => it.parentSpanContext);
    assertEquals(waits.map((it) => [it.status.code, eventsOf(it).at(-1)]), [
      [0, "cancel"],
      [2, "cancel"],
    ]);
  }));

Deno.test("batch() is a span around one for each input, each with its own events and cost", () => {
  const meter = costMeter({ prices: { models: { "acme/a": { output_token_count: 0.01 } } } });
  let runs = 0;
  const run = async (input: { n?: unknown }, job: FakeJob) => {
    await job.sleep(1000 * Number(input.n));
    job.metric("output_token_count", Number(input.n));
    if (input.n === 2 && ++runs === 1) throw new Error("CUDA out of memory");
    if (input.n === 4) throw new Error("no");
  };
  return inTraceWorld({ "acme/a": { official: true, run } }, async (world) => {
    const { client, spans, options, fake } = world;
    const inputs = [1, 2, 3, 4].map((n) => ({ n, prompt: SECRET }));
    const rerun = { attempts: 2, on: ["memory" as const] };
    const batch = client.batch("acme/a", inputs, { concurrency: 2, tag: "t", rerun });
    assertEquals(spans(), []);
    await options.tracer.startActiveSpan("request", {}, async (span) => {
      const results = await batch;
      assertEquals(results.map(({ index }) => index), [0, 1, 2, 3]);
      span.end();
    });
    const all = spans();
    const [outer, request] = all.slice(-2);
    assertEquals([outer?.name, request?.name], ["batch acme/a", "request"]);
    assertEquals(outer?.parentSpanContext?.spanId, request?.spanContext().spanId);
    assertEquals(outer?.attributes, {
      "gen_ai.operation.name": "batch",
      "gen_ai.provider.name": "replicate",
      "gen_ai.request.model": "acme/a",
      "replicate.batch.done": 4,
      "replicate.batch.failed": 1,
      "server.address": "api.replicate.com",
    });
    const items = all.slice(0, -2);
    assertEquals(items.length, 4);
    for (const item of items) {
      assertEquals(item.name, "generate_content acme/a");
      assertEquals(item.parentSpanContext?.spanId, outer?.spanContext().spanId);
    }
    const creates = items.map((it) => eventsOf(it).filter((name) => name === "create").length);
    assertEquals(creates.sort(), [1, 1, 1, 2]);
    const costs = items.map((it) => it.attributes["replicate.cost"]);
    assertEquals(costs.map(Number).sort(), [0.01, 0.02, 0.03, 0.04]);
    const failed = items.filter(({ status }) => status.code === 2);
    assertEquals(failed.map((it) => it.attributes["error.type"]), ["model"]);
    assertEquals((await meter.total({ tag: "t" })).runs, 5);
    assertEquals(fake.predictions.size, 5);
    assert(!JSON.stringify(all.map((it) => [it.attributes, it.events])).includes("fig"));
  }, { meter });
});

Deno.test("batch() that is left, or that cannot go on, ends its span", () =>
  inTraceWorld({ "acme/a": taking(5000), "acme/b": taking(10) }, async (world) => {
    const { client, spans } = world;
    for await (const _ of client.batch("acme/b", [{}, { n: 1 }])) break;
    for await (const _ of client.batch("acme/b", [{}])) { /* to its end */ }
    const signal = AbortSignal.timeout(1000);
    await assertRejects(() => client.batch("acme/a", [{}, { n: 1 }], { signal }).all());
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const batches = spans().filter(({ name }) => name.startsWith("batch"));
    assertEquals(batches.map(({ status, attributes }) => [status.code, attributes["error.type"]]), [
      [0, undefined],
      [0, undefined],
      [2, "TimeoutError"],
    ]);
    const [, , outer] = batches;
    const left = spans().filter((it) =>
      it.parentSpanContext?.spanId === outer?.spanContext().spanId
    );
    assertEquals(left.map((it) => [it.status.code, eventsOf(it).at(-1)]), [
      [2, "cancel"],
      [2, "cancel"],
    ]);
    assertThrows(() => client.batch("acme/a", [], { parallel: 3 } as never), TypeError, "parallel");
    assertEquals(await client.batch("acme/a", []), []);
  }));

Deno.test("batch() without context and propagation is one trace as well", () =>
  inTraceWorld({ "acme/a": taking(10) }, async ({ client, spans }) => {
    const inputs = Array.from({ length: 5 }, (_, n) => ({ n }));
    for await (const _ of client.batch("acme/a", inputs, { concurrency: 2 })) { /* slowly */ }
    const [outer, ...others] = [...spans()].reverse();
    assertEquals([outer?.name, others.length], ["batch acme/a", 5]);
    for (const { parentSpanContext } of others) {
      assertEquals(parentSpanContext?.spanId, outer?.spanContext().spanId);
    }
  }, { context: undefined, propagation: undefined }));

Deno.test("the webhook of each input of a batch has the span of its own", () =>
  inTraceWorld({ "acme/a": taking(10) }, async ({ client, spans, fake }) => {
    const webhook = "https://app.example/hooks";
    await client.batch("acme/a", [{}, { n: 1 }], { webhook, webhook_events_filter: ["completed"] });
    await fake.webhooksSettled();
    const parents = fake.deliveries.map(({ url }) =>
      new URL(url).searchParams.get("traceparent")?.split("-")[2]
    );
    const items = spans().filter(({ name }) => !name.startsWith("batch"));
    assertEquals(parents.sort(), items.map((it) => it.spanContext().spanId).sort());
  }, { fake: { webhooks: { deliver: () => Promise.resolve(new Response()) } } }));

Deno.test("a webhook is handled in the trace of its run", () => {
  const hook: { handle?: (request: Request) => Promise<Response> } = {};
  const deliver = (request: Request): Promise<Response> => hook.handle!(request);
  return inTraceWorld({ "acme/a": counting(30) }, async ({ client, spans, fake, options }) => {
    const seen: string[] = [];
    hook.handle = tracedHandler(
      webhookHandler({
        secret: fake.webhookSecret,
        on: { completed: ({ status }) => void seen.push(status) },
      }),
      options,
    );
    const webhook = "https://app.example/hooks?user=7";
    await client.run("acme/a", { input: {}, webhook });
    await fake.webhooksSettled();
    assert(seen.includes("succeeded"), seen.join());
    const run = spans().find(({ kind }) => kind === 2);
    const hooks = spans().filter(({ kind }) => kind === 4);
    assert(hooks.length > 0);
    for (const span of hooks) {
      assertEquals(span.spanContext().traceId, run?.spanContext().traceId);
      assertEquals(span.parentSpanContext?.spanId, run?.spanContext().spanId);
      assertEquals(span.attributes["http.response.status_code"], 204);
    }
    const url = new URL(fake.deliveries[0]!.url);
    assertEquals([url.searchParams.get("user"), url.pathname], ["7", "/hooks"]);
  }, { fake: { webhooks: { deliver } } });
});

Deno.test("traced() is the client in all other respects", () =>
  inTraceWorld({ "acme/a": counting(30) }, async ({ client, plain, spans, options }) => {
    assert(client instanceof Client);
    assertEquals(client.constructor, Client);
    assertEquals((await client.models.get("acme", "a")).name, "a");
    assertEquals(client.options.baseUrl, plain.options.baseUrl);
    assertEquals(await client.use("acme/a")({}), "a plum");
    assertEquals(await client.with({ retry: false }).run("acme/a", { input: {} }), "a plum");
    assertEquals(await client.configure({ timeout: "9s" }).run("acme/a", { input: {} }), "a plum");
    assertEquals(spans().length, 3);
    const events: string[] = [];
    const debugged = traced(plain.with({ debug: ({ event }) => void events.push(event) }), options);
    await debugged.run("acme/a", { input: {} });
    assertEquals(events.slice(0, 2), ["request", "response"]);
  }));

Deno.test("traced() and tracedHandler() say what is missing", () => {
  const client = new Client("r8_test");
  const tracer = { startActiveSpan: () => {} } as never;
  const cases: [() => unknown, string][] = [
    [() => traced(client, {} as never), "Cannot trace: give a tracer, as in {"],
    [() => traced(client, undefined as never), "Cannot trace: give a tracer"],
    [() => traced(undefined as never, { tracer }), "Cannot trace: give a client first"],
    [
      () => traced(client, { tracer, tracers: 1 } as never),
      "no option tracers: did you mean tracer?",
    ],
    [
      () => traced(client, { tracer, context: { active: () => ({}) } }),
      'Cannot trace: give context and propagation of "@opentelemetry/api"',
    ],
    [
      () => traced(client, { tracer, propagation: { extract: () => ({}) } }),
      'Cannot trace: give context and propagation of "@opentelemetry/api"',
    ],
    [
      () => traced(client, { tracer, context: {}, propagation: {} } as never),
      'Cannot trace: give context and propagation of "@opentelemetry/api"',
    ],
    [() => traced(client, { tracer, meter: {} as never }), "give what costMeter() returns"],
    [() => tracedHandler(undefined as never, { tracer }), "Cannot trace: give a handler"],
  ];
  for (const [call, message] of cases) assertThrows(call, TypeError, message);
});
