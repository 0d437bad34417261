/** Checks of numbers that callers give as options. */

import { nearest, shown } from "./text.ts";

/**
 * A whole number, checked. `name` is what the option is called, for the error.
 *
 * @throws {RangeError} If it is not one, or less than `least`.
 */
export function wholeNumber(value: number, name: string, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw refusal(value, name, `a whole number from ${least} up`);
}

export function within(value: number, least: number, most: number, name: string): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  const end = most === Number.MAX_VALUE ? "up" : `to ${most}`;
  throw refusal(value, name, `a number from ${least} ${end}`);
}

/** The error of a number that cannot be used. */
export function refusal(value: unknown, name: string, rule: string): RangeError {
  return new RangeError(`Cannot use ${shown(value)} as ${name}: give ${rule}`);
}

/** The options that every request takes. */
export const REQUEST_OPTIONS: readonly string[] = ["signal", "retry", "timeout", "headers"];

/**
 * Refuses an option that does not exist, which would else be dropped in silence.
 *
 * @param action The verb phrase for the message: `Cannot <action>: there is no option ...`.
 * @param hints Names that people bring from elsewhere, each with what to give instead.
 * @throws {TypeError} If there is such an option; the message has the nearest name.
 */
export function checkKeys(
  options: object | undefined | null,
  known: readonly string[],
  action: string,
  hints: Readonly<Record<string, string>> = {},
): void {
  for (const key of Object.keys(options ?? {})) {
    if (known.includes(key) || (options as Record<string, unknown>)[key] === undefined) continue;
    const name = nearest(key, known);
    const advice = Object.hasOwn(hints, key) ? hints[key] : name && `did you mean ${name}?`;
    const end = advice ? `: ${advice}` : "";
    throw new TypeError(`Cannot ${action}: there is no option ${key}${end}`);
  }
}

/**
 * One of several words, checked. `name` is the option's name, for the error.
 *
 * @throws {TypeError} If it is another value.
 */
export function choice<T extends string | boolean>(
  value: T,
  choices: readonly T[],
  name: string,
): T {
  if (choices.includes(value)) return value;
  const list = choices.map(shown).join(" or ");
  throw new TypeError(`Cannot use ${shown(value)} as ${name}: give ${list}`);
}

/**
 * A list of such words, checked.
 *
 * @throws {TypeError} If it is none, or one of its words is another value.
 */
export function checkChoices<T extends string>(
  values: readonly T[],
  choices: readonly T[],
  name: string,
): void {
  if (!Array.isArray(values)) {
    throw new TypeError(`Cannot use ${name}: give a list such as ["${choices[0]}"]`);
  }
  for (const value of values) choice(value, choices, `one of ${name}`);
}

/**
 * Checks a callback.
 *
 * @throws {TypeError} If it is given, and is no function.
 */
export function checkFunction(value: unknown, name: string): void {
  if (value === undefined || typeof value === "function") return;
  throw new TypeError(`Cannot use ${typeof value} as ${name}: give a function`);
}
