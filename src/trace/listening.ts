/** A client that tells a span of its steps, and hands the span on. */

import { readEnv } from "../base/runtime.ts";
import { printDebug } from "../http/debug.ts";
import type { DebugEvent } from "../http/options.ts";
import type { TraceClient } from "./client.ts";
import { withTraceparent } from "./parent.ts";
import type { RunSpan } from "./run_span.ts";

/** The client with a listener for the steps of its calls, besides the one that it has. */
export function listening(client: TraceClient, listener: (step: DebugEvent) => void): TraceClient {
  const { debug: own = readEnv("REPLICATE_DEBUG", false).value !== undefined } = client.options;
  const first = own === true ? printDebug : own || undefined;
  const debug = (step: DebugEvent): void => {
    first?.(step);
    listener(step);
  };
  return client.with({ debug });
}

/** The options with the span in the URL of their webhook. */
export function handedOn<O extends { webhook?: string | URL | undefined }>(
  options: O,
  { span }: RunSpan,
): O {
  if (!options?.webhook) return options;
  return { ...options, webhook: withTraceparent(String(options.webhook), span) };
}
