/** The meter that counts a job, and the `Send` that it watches. */

import type { Meter } from "../base/meter.ts";
import type { Send } from "../http/types.ts";

/** The meter of a job: the given one, or that of the client. */
export function meterOf(send: Send, given?: Meter): Meter | undefined {
  return given ?? send.options?.meter;
}

/** The same `Send`, watched by the meter of a job. */
export function metered(send: Send, given?: Meter): Send {
  return meterOf(send, given)?.watch(send) ?? send;
}
