/** The options of tracing, and as much of OpenTelemetry's API as it uses, by its structure. */

import type { Meter } from "../base/meter.ts";

/** Attributes of a span or an event. */
export type TraceAttributes = Record<string, string | number | boolean | string[]>;

/** The ids of a span. */
export interface TraceSpanContext {
  /** The id of the trace: 32 hex digits. */
  traceId: string;
  /** The id of the span: 16 hex digits. */
  spanId: string;
  /** The flags; 1 if the trace is sampled. */
  traceFlags: number;
  /** `true` if the span is of another process. */
  isRemote?: boolean;
}

/** A span of OpenTelemetry. */
export interface TraceSpan {
  /** The ids of the span. */
  spanContext(): TraceSpanContext;
  /** Sets attributes. */
  setAttributes(attributes: TraceAttributes): unknown;
  /** Adds an event. */
  addEvent(name: string, attributes?: TraceAttributes): unknown;
  /** Sets the status: 2 is an error. */
  setStatus(status: { code: number; message?: string }): unknown;
  /** Ends the span. */
  end(): void;
}

/** The options of a span. */
export interface TraceSpanOptions {
  /** The kind: 2 is a client, 4 a consumer. */
  kind?: number;
  /** The first attributes. */
  attributes?: TraceAttributes;
  /** Spans that this one goes on from, where they are not its parent. */
  links?: { context: TraceSpanContext }[];
}

/** A tracer of OpenTelemetry, such as `trace.getTracer("app")`. */
export interface TraceTracer {
  /** Starts a span that is the active one while `work` runs. */
  startActiveSpan<T>(name: string, options: TraceSpanOptions, work: (span: TraceSpan) => T): T;
  /** The same for a span whose parent is in `context`. */
  startActiveSpan<T>(
    name: string,
    options: TraceSpanOptions,
    context: object,
    work: (span: TraceSpan) => T,
  ): T;
}

/** The options of `traced` and `tracedHandler`. */
export interface TraceOptions {
  /** The tracer that makes the spans: `trace.getTracer("app")` of `@opentelemetry/api`. */
  tracer: TraceTracer;
  /**
   * `context` and `propagation` of `@opentelemetry/api`. With them a job that is resumed, and a webhook,
   * are in the trace of the run. Without them they begin a trace of their own, with a link to it.
   */
  context?: { active(): object } | undefined;
  /** See `context`. */
  propagation?: { extract(context: object, carrier: Record<string, string>): object } | undefined;
  /** The meter of the client, which counts its runs, and whose costs are on their spans. Default: its own. */
  meter?: Meter | undefined;
  /**
   * `true` puts inputs, outputs and the messages of errors on the spans, which can have prompts in them.
   * Default `false`.
   */
  content?: boolean | undefined;
}
