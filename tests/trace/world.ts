/** A traced client, with the spans that the real SDK of OpenTelemetry has exported. */

import { context, propagation } from "npm:@opentelemetry/api@1.9.1";
import { AsyncLocalStorageContextManager } from "npm:@opentelemetry/context-async-hooks@2.12.1";
import { W3CTraceContextPropagator } from "npm:@opentelemetry/core@2.12.1";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "npm:@opentelemetry/sdk-trace-base@2.12.1";
import type { Client } from "../../mod.ts";
import type { FakeModel, FakeOptions } from "../../src/testing/mod.ts";
import { traced, type TraceOptions } from "../../src/trace/mod.ts";
import { inWorld, type World } from "../run/world.ts";

// As a program does at its start, once.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

/** The objects that a test of tracing works with. */
export interface TraceWorld extends World {
  /** The client without spans. */
  plain: Client;
  options: TraceOptions;
  /** The spans that have ended, in this order. */
  spans: () => ReadableSpan[];
}

/** Runs a test in virtual time, with a traced client on a fake. */
export function inTraceWorld<T>(
  models: Record<string, FakeModel>,
  run: (world: TraceWorld) => Promise<T>,
  more: Partial<TraceOptions> & { fake?: Partial<FakeOptions> } = {},
): Promise<T> {
  const { fake = {}, ...given } = more;
  return inWorld(models, async (world) => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const tracer = provider.getTracer("app");
    const options = { tracer, context, propagation, ...given };
    return await run({
      ...world,
      plain: world.client,
      client: traced(world.client, options),
      options,
      spans: () => exporter.getFinishedSpans(),
    });
  }, { fake });
}

/** The events of a span, by name. */
export const eventsOf = (span: ReadableSpan | undefined): string[] =>
  (span?.events ?? []).map(({ name }) => name.replace("replicate.", ""));
