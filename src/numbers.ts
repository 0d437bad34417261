import { shown } from "./words.ts";

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
