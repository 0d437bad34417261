/** A client that tells a span of its steps, and hands the span on. */

import { debugListener } from "../http/debug.ts";
import type { ClientOptions, DebugEvent } from "../http/options.ts";
import { withTraceparent } from "./parent.ts";
import type { RunSpan } from "./run_span.ts";

/** A client, or its `Send`, with a listener for the steps of its calls, besides the one that it has. */
export function listening<C extends { options: ClientOptions; with(patch: ClientOptions): C }>(
  client: C,
  listener: (step: DebugEvent) => void,
): C {
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
