import { assertEquals } from "@std/assert";
import {
  savedTraceparent,
  startSpan,
  urlTraceparent,
  withTraceparent,
} from "../../src/trace/parent.ts";
import type { TraceSpan, TraceSpanOptions, TraceTracer } from "../../src/trace/types.ts";

const PARENT = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

const span = {
  spanContext: () => ({ traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 }),
} as TraceSpan;

Deno.test("savedTraceparent() reads JSON and records, and takes nothing else for one", () => {
  const webhook = `https://example.com/hook?traceparent=${PARENT}`;
  const found: unknown[] = [
    { traceparent: PARENT },
    JSON.stringify({ traceparent: PARENT }),
    { webhook },
    { traceparent: "00-nonsense", webhook },
  ];
  assertEquals(found.map(savedTraceparent), found.map(() => PARENT));
  const none = ["p1", "null", null, 7, undefined, {}, { webhook: 7 }, { webhook: "no url" }, {
    traceparent: `${PARENT}-more`,
  }];
  assertEquals(none.map(savedTraceparent), none.map(() => undefined));
});

Deno.test("urlTraceparent() finds none in what is no URL, or in a query of a stranger", () => {
  assertEquals(urlTraceparent("/hook?traceparent=x"), undefined);
  assertEquals(urlTraceparent("https://example.com/hook"), undefined);
  assertEquals(urlTraceparent("https://example.com/hook?traceparent=<script>"), undefined);
});

Deno.test("withTraceparent() leaves a webhook as it is that is no URL, for the server to refuse", () => {
  assertEquals(withTraceparent("example.com/hook", span), "example.com/hook");
  assertEquals(
    withTraceparent("https://example.com/hook?a=1", span),
    `https://example.com/hook?a=1&traceparent=${PARENT}`,
  );
});

Deno.test("startSpan() goes on from no parent that is not one", () => {
  const seen: TraceSpanOptions[] = [];
  const tracer = {
    startActiveSpan: (_: string, options: TraceSpanOptions, work: (span: TraceSpan) => unknown) => {
      seen.push(options);
      return work(span);
    },
  } as TraceTracer;
  for (const parent of [undefined, "nonsense", PARENT]) {
    startSpan({ tracer }, "run", { kind: 2 }, parent, (it) => it);
  }
  assertEquals(seen.map(({ links }) => links?.length), [undefined, undefined, 1]);
});
