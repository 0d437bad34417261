/** The times between two looks at a prediction. */

import type { DurablePlan } from "./options.ts";

/** The share of the time slept so far, the shortest and the longest sleep, in milliseconds. */
const POLL = { share: 0.25, least: 1000, most: 60_000 };
/** The same beside a webhook: a look is only there for one that was lost. */
const SPARE = { share: 0.5, least: 30_000, most: 600_000 };
/** The server takes a moment to cancel what is over its time, in milliseconds. */
const MOMENT = 1000;

/**
 * The next sleep, in milliseconds. It depends on nothing but the sleeps before, as a workflow that comes by
 * again has to take the same way.
 */
export function nextSleep(
  { interval, webhook, timeout = Infinity }: Pick<DurablePlan, "interval" | "webhook" | "timeout">,
  slept: number,
): number {
  const { share, least, most } = webhook === undefined ? POLL : SPARE;
  const usual = interval ?? Math.min(most, Math.max(least, Math.round(slept * share)));
  const left = timeout + MOMENT - slept;
  return left > 0 ? Math.min(usual, left) : usual;
}
