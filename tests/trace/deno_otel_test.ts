import { assert, assertEquals } from "@std/assert";

/** A span as OTLP has it in JSON. */
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: { doubleValue?: number; intValue?: number | string } }[];
}

Deno.test("traced() makes one trace by Deno's own OpenTelemetry: batch, start, resume and webhook", async () => {
  const spans: OtlpSpan[] = [];
  await using collector = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { resourceSpans = [] } = await request.json();
      for (const { scopeSpans } of resourceSpans) {
        for (const scope of scopeSpans) if (scope.scope.name === "app") spans.push(...scope.spans);
      }
      return Response.json({});
    },
  );
  const worker = new URL("deno_otel_worker.ts", import.meta.url).href;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", worker],
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
    },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const [request] = spans.filter(({ name }) => name === "request");
  const [batch] = spans.filter(({ name }) => name === "batch acme/a");
  assertEquals(batch?.parentSpanId, request?.spanId);
  const items = spans.filter(({ parentSpanId }) => parentSpanId === batch?.spanId);
  assertEquals(items.map(({ name }) => name), Array(2).fill("generate_content acme/a"));
  const costs = items.map(({ attributes }) =>
    attributes.find(({ key }) => key === "replicate.cost")?.value
  );
  assertEquals(costs.map((it) => Number(it?.doubleValue ?? it?.intValue)), [2, 2]);
  const start = spans.find(({ name, parentSpanId }) =>
    name.startsWith("generate_content") && parentSpanId === request?.spanId
  );
  const after = spans.filter(({ parentSpanId }) => parentSpanId === start?.spanId);
  const names = new Set(after.map(({ name }) => name));
  assertEquals([...names].sort(), ["generate_content acme/a", "replicate webhook"]);
  assert(spans.every(({ traceId }) => traceId === request?.traceId));
});
