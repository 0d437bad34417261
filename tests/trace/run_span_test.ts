import { assertEquals } from "@std/assert";
import type { JobRecord } from "../../src/run/reader.ts";
import { withFakeTime } from "../../src/testing/mod.ts";
import { modelOf, RunSpan } from "../../src/trace/run_span.ts";
import type { TraceOptions, TraceSpan } from "../../src/trace/types.ts";
import { record } from "../scripted.ts";
import { sleep } from "../run/world.ts";

/** A span of a run, and what is written to it. */
function written(more: Partial<TraceOptions> = {}): { run: RunSpan; lines: string[] } {
  const lines: string[] = [];
  const span: TraceSpan = {
    spanContext: () => ({ traceId: "", spanId: "", traceFlags: 0 }),
    setAttributes: (attributes) => lines.push(...Object.keys(attributes)),
    addEvent: (name) => lines.push(name),
    setStatus: (status) => lines.push(`status ${JSON.stringify(status)}`),
    end: () => lines.push("end"),
  };
  const tracer = {} as TraceOptions["tracer"];
  const subject = { ref: "acme/x", baseUrl: undefined, meter: undefined } as const;
  return { run: new RunSpan(span, { tracer, ...more }, subject), lines };
}

const job = (more: Record<string, unknown> = {}) => record(more) as unknown as JobRecord;

Deno.test("RunSpan ends once, whatever comes after its end", () => {
  const { run, lines } = written();
  run.end(undefined);
  run.end(job());
  run.fail(new Error("late"));
  run.leave(job());
  run.step({ event: "response", method: "GET", path: "/predictions/p1", attempt: 1 } as never);
  assertEquals([lines, run.open], [["end"], false]);
});

Deno.test("RunSpan of a job that runs waits for its cancel, and ends without one", () =>
  withFakeTime(async () => {
    const { run, lines } = written();
    run.fail(new Error("left"), job({ status: "processing" }));
    assertEquals(run.open, true);
    run.end(job());
    run.fail(new Error("again"));
    run.leave(undefined);
    assertEquals(lines.filter((it) => it.startsWith("status")).length, 1);
    await sleep(2001);
    assertEquals([lines.filter((it) => it === "end").length, run.open], [1, false]);
  }));

Deno.test("RunSpan fails with whatever is thrown, and tells a message only with content", () => {
  const statusOf = (error: unknown, content?: boolean): string[] => {
    const { run, lines } = written(content === undefined ? {} : { content });
    run.fail(error);
    return lines.filter((it) => it.startsWith("status"));
  };
  const bare = ['status {"code":2}'];
  assertEquals(statusOf(undefined), bare);
  assertEquals(statusOf(new Error("a fig")), bare);
  assertEquals(statusOf("a fig", true), bare);
  assertEquals(statusOf(null, true), bare);
  assertEquals(statusOf(new Error("a fig"), true), ['status {"code":2,"message":"a fig"}']);
});

Deno.test("modelOf() is undefined for a job whose record names no model", () => {
  const models = ["acme/x", "", "replicate-internal", "acme/x:1", "a b/c"];
  const names = models.map((model) => modelOf(job({ model })));
  assertEquals(names, ["acme/x", undefined, undefined, undefined, undefined]);
});
