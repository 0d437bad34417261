/** 19.5 The real SDK of OpenTelemetry on Node: run, batch, start and resume, and a webhook are one trace. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { context, propagation, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { Client, costMeter } from "@x/replicate";
import { FakeReplicate } from "@x/replicate/testing";
import { traced, tracedHandler } from "@x/replicate/trace";
import { webhookHandler } from "@x/replicate/webhooks";

const exporter = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
const options = { tracer: trace.getTracer("app"), context, propagation };

/** Runs a test with a traced client on a fake whose webhooks come to a traced handler. */
async function inTrace(work) {
  exporter.reset();
  let handler;
  const fake = new FakeReplicate({
    models: {
      "acme/a": {
        official: true,
        run: (_, job) => {
          job.metric("output_token_count", 3);
          return "a plum";
        },
      },
    },
    webhooks: { deliver: (request) => handler(request) },
  });
  const seen = [];
  handler = tracedHandler(
    webhookHandler({
      secret: fake.webhookSecret,
      on: { completed: ({ status }) => void seen.push(status) },
    }),
    options,
  );
  const meter = costMeter({ prices: { models: { "acme/a": { output_token_count: 0.5 } } } });
  const client = new Client({ auth: "r8_test", fetch: fake.fetch, meter });
  await options.tracer.startActiveSpan("request", async (span) => {
    await work({ client: traced(client, options), seen, fake });
    span.end();
  });
  await fake[Symbol.asyncDispose]();
  return exporter.getFinishedSpans();
}

const parentOf = (span) => span?.parentSpanContext?.spanId;
const idOf = (span) => span?.spanContext().spanId;

test("batch() is a span around one for each input, in the trace of the request, with costs", async () => {
  const spans = await inTrace(async ({ client }) => {
    const results = await client.batch("acme/a", [{ n: 1 }, { n: 2 }, { n: 3 }], { concurrency: 2 });
    assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "fulfilled", "fulfilled"]);
  });
  const batch = spans.find(({ name }) => name === "batch acme/a");
  const items = spans.filter(({ name }) => name === "generate_content acme/a");
  assert.equal(parentOf(batch), idOf(spans.at(-1)));
  assert.deepEqual(items.map(parentOf), [1, 2, 3].map(() => idOf(batch)));
  assert.deepEqual(items.map(({ attributes }) => attributes["replicate.cost"]), [1.5, 1.5, 1.5]);
});

test("start(), resume() from JSON and a webhook are one trace", async () => {
  const spans = await inTrace(async ({ client, seen, fake }) => {
    const webhook = "https://app.example/hook";
    const job = await client.start("acme/a", { input: {}, webhook });
    const saved = JSON.stringify(job.detach());
    const resumed = await client.resume(saved, "acme/a");
    assert.equal(await resumed.output(), "a plum");
    await fake.webhooksSettled();
    assert.deepEqual(seen, ["succeeded"]);
  });
  const [start] = spans;
  assert.equal(start.name, "generate_content acme/a");
  const others = spans.filter((span) => parentOf(span) === idOf(start));
  const names = new Set(others.map(({ name }) => name));
  assert.deepEqual([...names].sort(), ["generate_content acme/a", "replicate webhook"]);
  const traces = new Set(spans.map((span) => span.spanContext().traceId));
  assert.equal(traces.size, 1);
});
