/** The span that another one goes on from, as text that survives the process: `traceparent`. */

import { parsed } from "../base/text.ts";
import type { TraceOptions, TraceSpan, TraceSpanContext, TraceSpanOptions } from "./types.ts";

/** The form of the W3C, version 00. Whoever saved it may have been a stranger. */
const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The name of the query parameter of a webhook's URL, and of the field of a saved job. */
const NAME = "traceparent";

/** A span as text. */
export function traceparentOf(span: TraceSpan): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** The `traceparent` in a saved job: in its JSON, or in the URL of its record's webhook. */
export function savedTraceparent(saved: unknown): string | undefined {
  const value = typeof saved === "string" ? parsed(saved) : saved;
  if (typeof value !== "object" || value === null) return undefined;
  const { traceparent, webhook } = value as { traceparent?: unknown; webhook?: unknown };
  return valid(traceparent) ?? (typeof webhook === "string" ? urlTraceparent(webhook) : undefined);
}

/** The `traceparent` in the query of a webhook's URL. */
export function urlTraceparent(url: string): string | undefined {
  return URL.canParse(url) ? valid(new URL(url).searchParams.get(NAME)) : undefined;
}

/** The URL of a webhook with the `traceparent` of a span in its query. */
export function withTraceparent(webhook: string, span: TraceSpan): string {
  // The server says what is wrong with one that is no URL.
  if (!URL.canParse(webhook)) return webhook;
  const url = new URL(webhook);
  url.searchParams.set(NAME, traceparentOf(span));
  return url.href;
}

/** Starts a span that goes on from another one: as its child, or else with a link to it. */
export function startSpan<T>(
  { tracer, context, propagation }: TraceOptions,
  name: string,
  options: TraceSpanOptions,
  parent: string | undefined,
  work: (span: TraceSpan) => T,
): T {
  const from = parent === undefined ? undefined : spanContextOf(parent);
  if (parent === undefined || !from) return tracer.startActiveSpan(name, options, work);
  if (!context || !propagation) {
    return tracer.startActiveSpan(name, { ...options, links: [{ context: from }] }, work);
  }
  return tracer.startActiveSpan(
    name,
    options,
    propagation.extract(context.active(), { [NAME]: parent }),
    work,
  );
}

function spanContextOf(traceparent: string): TraceSpanContext | undefined {
  const [, traceId, spanId, flags] = FORM.exec(traceparent) ?? [];
  if (!traceId || !spanId) return undefined;
  return { traceId, spanId, traceFlags: parseInt(flags!, 16), isRemote: true };
}

function valid(value: unknown): string | undefined {
  return typeof value === "string" && FORM.test(value) ? value : undefined;
}
