/** The cost of a job that has ended, by what it says that it used. */

import type { JobCost, MeteredJob } from "../base/meter.ts";
import type { Rule } from "./price.ts";

/** The milliseconds by which a run may have used more than its times say: they are rounded. */
const ROUNDING = 100;

/** The cost of a job by its price. */
export function costOf(job: MeteredJob, price: Rule): JobCost {
  const { status, metrics = {} } = job;
  let amount = status === "succeeded" ? price.perRun : 0;
  // One that was canceled before it began has used nothing.
  if (/^(?:canceled|aborted)$/.test(status) && !job.started_at) return { amount };
  let unknown: string | undefined;
  for (const [name, each] of price.metrics) {
    const used = metrics?.[name];
    const wrong = problemOf(job, name, used);
    if (wrong) unknown ??= wrong;
    else amount += Number(used) * each;
  }
  return unknown === undefined ? { amount } : { amount, unknown };
}

/** The reason why a metric cannot be right, if it cannot. */
function problemOf(job: MeteredJob, name: string, used: unknown): string | undefined {
  if (used === undefined || used === null) return `it has no ${name}`;
  if (typeof used !== "number" || !(used >= 0 && used < Infinity)) {
    return `its ${name} is ${typeof used === "number" ? used : "no number"}`;
  }
  if (name !== "predict_time") return undefined;
  const wall = Date.parse(job.completed_at ?? "") - Date.parse(job.started_at ?? "");
  // NaN, where a time is not known, compares as false.
  if (!(used * 1000 > wall + ROUNDING)) return undefined;
  return `its predict_time is ${used} s, and it ran for ${wall / 1000} s`;
}
