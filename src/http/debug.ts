/** Debugging: the steps of a call as events, without the token and without inputs. */

import { uptime } from "../base/clock.ts";
import { defined } from "../base/record.ts";
import { readEnv } from "../base/runtime.ts";
import { readable } from "../base/text.ts";
import type { ClientOptions, DebugEvent } from "./options.ts";
import type { Call } from "./types.ts";

/** A step, as the transport knows it. */
interface Step {
  event: DebugEvent["event"];
  status?: number;
  headers?: Headers;
  error?: unknown;
  ms?: number;
}

/** A call that reports its waits too, if its client is to be debugged. */
export function debugged(call: Call): Call {
  const { debug } = call.settings;
  if (!debug) return call;
  const report = (error: unknown, ms: number): void =>
    reporter(call, debug)({ event: "wait", error, ms });
  // The same object, as its attempts are counted in it.
  return Object.assign(call, { onRetry: report });
}

/** Reports the steps of one attempt. */
export function reporter(
  { spec, url, attempts, settings }: Call,
  listener: (event: DebugEvent) => void,
): (step: Step) => void {
  const since = uptime();
  const [address = ""] = url.split(/[?#]/);
  const path = address.startsWith(settings.base) ? address.slice(settings.base.length) : address;
  return ({ event, status, headers, error, ms }) => {
    const rest = {
      status,
      requestId: headers?.get("cf-ray") || undefined,
      ms: event === "request" ? undefined : Math.round(ms ?? uptime() - since),
      reason: error === undefined ? undefined : readable(error),
    };
    listener({ event, method: spec.method, path, attempt: attempts, ...defined(rest) });
  };
}

/** The listener that the options ask for, or the environment where they say nothing. */
export function debugListener(
  { debug = readEnv("REPLICATE_DEBUG", false).value !== undefined }: Pick<ClientOptions, "debug">,
): ((event: DebugEvent) => void) | undefined {
  return debug === true ? printDebug : debug || undefined;
}

/** Prints an event as a line. */
function printDebug({ event, method, path, attempt, ...rest }: DebugEvent): void {
  const { status = "", ms, requestId, reason } = rest;
  const parts = [
    `replicate: ${method} ${path}`,
    `attempt ${attempt}`,
    `${event} ${status}`.trim(),
    ms !== undefined && `${ms} ms`,
    requestId,
    reason,
  ];
  // deno-lint-ignore no-console
  console.error(parts.filter(Boolean).join("  "));
}
