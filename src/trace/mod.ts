/**
 * Tracing by OpenTelemetry: runs as spans, with the tracer that the program has. It needs no package
 * besides the program's own.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { traced } from "@x/replicate/trace";
 * import { context, propagation, trace } from "npm:@opentelemetry/api@1.9.1";
 * import { assert } from "@std/assert";
 *
 * const tracer = trace.getTracer("app");
 * const client = traced(new Client({ auth: "r8_..." }), { tracer, context, propagation });
 * assert(client instanceof Client);
 * ```
 *
 * @module
 */

export type { TraceClient } from "./client.ts";
export { traced } from "./traced.ts";
export type {
  TraceAttributes,
  TraceOptions,
  TraceSpan,
  TraceSpanContext,
  TraceSpanOptions,
  TraceTracer,
} from "./types.ts";
export { tracedHandler } from "./webhook.ts";
