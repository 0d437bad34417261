/** The likely cost of runs, and how far it can be trusted. */

import { wholeNumber } from "../base/check.ts";
import type { Seen } from "./cost_book.ts";
import type { CostEstimate } from "./cost_types.ts";
import type { Rule } from "./price.ts";

/** The number of standard deviations within which 19 of 20 lie. */
const SPREAD = 1.96;

/** The number of runs: that of the inputs, or as it is given. */
export function runsOf(given: number | Iterable<unknown>): number {
  if (typeof given === "number") return wholeNumber(given, "the number of runs", 0);
  if (Array.isArray(given)) return given.length;
  let runs = 0;
  for (const _ of given) runs++;
  return runs;
}

/** The likely cost of so many runs. */
export function estimateOf(
  rule: Rule | undefined,
  seen: Seen | undefined,
  runs: number,
): CostEstimate {
  const known = seen?.runs ?? 0;
  const at = (each: number, off: number | undefined, by: CostEstimate["by"]): CostEstimate => ({
    amount: each * runs,
    low: off === undefined ? off : Math.max(0, each * runs - off),
    high: off === undefined ? off : each * runs + off,
    runs,
    by,
    seen: known,
  });
  if (rule?.metrics.length === 0) return at(rule.perRun, 0, "price");
  if (seen && known > 0) return at(seen.mean, boundOf(seen, runs), "seen");
  if (rule?.estimate !== undefined) return at(rule.estimate, undefined, "given");
  return { amount: undefined, low: undefined, high: undefined, runs, by: "nothing", seen: 0 };
}

/**
 * The bound of the error of the sum: each run has a spread of its own, and the mean is known only as well
 * as it was seen. One run shows no spread.
 */
function boundOf({ runs: known, squares }: Seen, runs: number): number | undefined {
  if (known < 2) return undefined;
  const variance = squares / (known - 1);
  return SPREAD * Math.sqrt(runs * variance + runs ** 2 * variance / known);
}
