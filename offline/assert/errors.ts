/** Assertions of truth, of classes and of errors, and the error that all assertions throw. */

import { suffix } from "./message.ts";

/** The error of every assertion that does not hold. */
export class AssertionError extends Error {
  /** Makes the error; `options` may carry a `cause`. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** A class whose instances are `T`. */
// deno-lint-ignore no-explicit-any -- a class with any constructor is meant
export type AnyClass<T> = abstract new (...args: any[]) => T;

/** Passes when the value is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Passes when the value is an instance of the class. */
export function assertInstanceOf<T extends AnyClass<unknown>>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was "${kindOf(actual)}"${
      suffix(msg)
    }`,
  );
}

/** Passes when `fn` throws; with a class, only when it throws such an error. Gives what was thrown. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Passes when `fn` throws an error of the class whose message contains the text. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: AnyClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(fn: () => unknown, ...rest: Expectation): unknown {
  try {
    fn();
  } catch (error) {
    return checkThrown(error, "thrown", rest);
  }
  throw new AssertionError(`Expected function to throw${suffix(ownWords(rest))}`);
}

/** Passes when the promise rejects; a function that throws at once fails. Gives what was thrown. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Passes when the promise rejects with an error of the class whose message contains the text. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: AnyClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  ...rest: Expectation
): Promise<unknown> {
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = fn();
  } catch {
    // Falls through: nothing was returned that could reject.
  }
  if (typeof promise?.then !== "function") {
    throw new AssertionError(`Function throws when expected to reject${suffix(ownWords(rest))}`);
  }
  try {
    await promise;
  } catch (error) {
    return checkThrown(error, "rejected", rest);
  }
  throw new AssertionError(`Expected function to reject${suffix(ownWords(rest))}`);
}

/** The arguments after the function: own words, or a class with a text and own words. */
type Expectation = [first?: AnyClass<Error> | string, msgIncludes?: string, msg?: string];

function checkThrown(error: unknown, how: string, [first, text, msg]: Expectation): unknown {
  if (typeof first !== "function") return error;
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was ${how}${suffix(msg)}`);
  }
  assertInstanceOf(error, first, msg);
  if (text === undefined || error.message.includes(text)) return error;
  const found = JSON.stringify(error.message);
  throw new AssertionError(
    `Expected error message to include ${JSON.stringify(text)}, but got ${found}${suffix(msg)}`,
    { cause: error },
  );
}

function ownWords([first, , msg]: Expectation): string | undefined {
  return typeof first === "string" ? first : msg;
}

function kindOf(value: unknown): string {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  return value.constructor?.name ?? "Object";
}
