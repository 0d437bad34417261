/** Checks of numbers that callers give as options. */

import { shown } from "./text.ts";

/**
 * A whole number, checked. `name` is what the option is called, for the error.
 *
 * @throws {RangeError} If it is not one, or less than `least`.
 */
export function wholeNumber(value: number, name: string, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(
    `Cannot use ${shown(value)} as ${name}: give a whole number from ${least} up`,
  );
}

export function within(value: number, least: number, most: number, name: string): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  const range = most === Number.MAX_VALUE ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`Cannot use ${shown(value)} as ${name}: give a number ${range}`);
}
