/** Runs on Deno's own OpenTelemetry, which `OTEL_DENO` turns on: it sends the spans by itself. */

import { context, propagation, trace } from "npm:@opentelemetry/api@1.9.1";
import { Client, costMeter } from "../../mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { traced, tracedHandler } from "../../src/trace/mod.ts";
import { webhookHandler } from "../../src/webhooks/mod.ts";

const options = { tracer: trace.getTracer("app"), context, propagation };
const hook: { handle?: (request: Request) => Promise<Response> } = {};
await using fake = new FakeReplicate({
  models: { "acme/a": { official: true, run: () => "a plum" } },
  webhooks: { deliver: (request) => hook.handle!(request) },
});
hook.handle = tracedHandler(
  webhookHandler({ secret: fake.webhookSecret, on: { completed: () => {} } }),
  options,
);
const meter = costMeter({ prices: { models: { "acme/a": { perRun: 2 } } } });
const client = traced(new Client({ auth: "r8_test", fetch: fake.fetch, meter }), options);

await options.tracer.startActiveSpan("request", async (span) => {
  await client.batch("acme/a", [{ n: 1 }, { n: 2 }], { concurrency: 1 });
  const webhook = "https://app.example/hook";
  const job = await client.start("acme/a", { input: {}, webhook });
  const resumed = await client.resume(JSON.stringify(job.detach()), "acme/a");
  await resumed.output();
  await fake.webhooksSettled();
  span.end();
});
