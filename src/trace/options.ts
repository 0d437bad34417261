/** Checks the options of tracing. */

import { checkKeys } from "../base/check.ts";
import { checkMeter } from "../base/meter.ts";
import type { TraceOptions } from "./types.ts";

const KNOWN = ["tracer", "context", "propagation", "meter", "content"];

/**
 * Checks the options of tracing.
 *
 * @throws {TypeError} If one is missing or wrong; the message says what to give.
 */
export function checkTraceOptions(options: TraceOptions): void {
  checkKeys(options, KNOWN, "trace", {
    provider: 'give tracer: provider.getTracer("app")',
    tracerProvider: 'give tracer: tracerProvider.getTracer("app")',
  });
  const { tracer, context, propagation, meter } = options ?? {};
  if (typeof tracer?.startActiveSpan !== "function") {
    throw new TypeError(
      'Cannot trace: give a tracer, as in { tracer: trace.getTracer("app") }, with trace of ' +
        '"@opentelemetry/api"',
    );
  }
  const isWhole = typeof context?.active === "function" &&
    typeof propagation?.extract === "function";
  if ((context || propagation) && !isWhole) {
    throw new TypeError('Cannot trace: give context and propagation of "@opentelemetry/api"');
  }
  checkMeter(meter);
}
