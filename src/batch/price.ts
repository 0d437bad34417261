/** Prices that the user gives, and the cost of a job by them. */

import { checkKeys } from "../base/check.ts";
import type { JobRecord } from "../run/reader.ts";

/** The price of a model's runs, in any currency. Parts that are given are added up. */
export interface Price {
  /** The price of a second of `metrics.predict_time`. */
  perSecond?: number | undefined;
  /** The price of a run that succeeds. */
  perRun?: number | undefined;
  /** The price of one of each of the model's `metrics`, as in `{ token_output_count: 0.00000275 }`. */
  perMetric?: Readonly<Record<string, number>> | undefined;
  /**
   * The likely cost of a run that has not ended. Default: the mean of those that are known, which does not
   * exist for the first ones.
   */
  estimate?: number | undefined;
}

/** The cost of a job, as far as it can be known. */
export function costOf(
  { status, metrics }: JobRecord,
  price: Price,
): { amount: number; known: boolean } {
  let amount = status === "succeeded" ? price.perRun ?? 0 : 0;
  let known = true;
  const add = (name: string, each: number): void => {
    const count = metrics?.[name];
    if (typeof count === "number" && count >= 0 && count < Infinity) amount += count * each;
    else known = false;
  };
  if (price.perSecond !== undefined) add("predict_time", price.perSecond);
  for (const [name, each] of Object.entries(price.perMetric ?? {})) add(name, each);
  return { amount, known };
}

/**
 * Checks a price.
 *
 * @throws {RangeError | TypeError} If it cannot be used; the message names the model.
 */
export function checkPrice(model: string, price: Price): void {
  const name = `prices[${JSON.stringify(model)}]`;
  if (typeof price !== "object" || price === null) {
    throw new TypeError(
      `Cannot use ${typeof price} as ${name}: give { perSecond }, { perRun } or both`,
    );
  }
  checkKeys(price, ["perSecond", "perRun", "perMetric", "estimate"], `use ${name}`);
  const { perSecond, perRun, perMetric, estimate } = price;
  for (const [key, value] of Object.entries({ perSecond, perRun, estimate, ...perMetric })) {
    if (value !== undefined) checkAmount(value, `${name}.${key}`);
  }
  if (perSecond === undefined && perRun === undefined && !perMetric) {
    throw new TypeError(`Cannot use ${name}: it has none of perSecond, perRun and perMetric`);
  }
}

/**
 * Checks an amount of money.
 *
 * @throws {RangeError} If it is not a number of 0 or more.
 */
export function checkAmount(value: number, name: string): void {
  if (typeof value === "number" && value >= 0 && value < Infinity) return;
  throw new RangeError(`Cannot use ${value} as ${name}: give an amount of 0 or more`);
}
