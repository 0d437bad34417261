/** Lengths of time as people write them. */

import { refusal } from "./check.ts";

/**
 * A length of time: a number of milliseconds, or a number with a unit, such as `"500ms"`, `"30s"`,
 * `"2m"`, `"1h"` or `"1d"`.
 */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The milliseconds of a {@linkcode Duration}. `name` is what the option is called, for the error.
 *
 * @throws {RangeError} If it is negative, not a number, or text of another form.
 */
export function toMs(value: Duration, name: string, minimum = 0): number {
  const ms = typeof value === "number" ? value : parse(value);
  if (Number.isFinite(ms) && ms >= minimum) return ms;
  const text = 'text such as "500ms", "30s", "2m" or "1h"';
  throw refusal(value, name, `milliseconds from ${minimum} up, or ${text}`);
}

function parse(text: unknown): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(text));
  return match ? Number(match[1]) * UNITS[match[2]!]! : NaN;
}
