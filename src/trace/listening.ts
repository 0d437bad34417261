/** A client that tells a span of its steps, and hands the span on. */

import { debugListener } from "../http/debug.ts";
import type { DebugEvent } from "../http/options.ts";
import type { TraceClient } from "./client.ts";
import { withTraceparent } from "./parent.ts";
import type { RunSpan } from "./run_span.ts";

/** The client with a listener for the steps of its calls, besides the one that it has. */
export function listening(client: TraceClient, listener: (step: DebugEvent) => void): TraceClient {
  const own = debugListener(client.options);
  const debug = (step: DebugEvent): void => {
    own?.(step);
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
