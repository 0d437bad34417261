import { suffix } from "./message.ts";

/** What every assertion throws when it does not hold. */
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

/** Always fails. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Fails when a place is reached that should not be. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
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

/** Passes when the value is an error of the class whose message contains the text or matches. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: AnyClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(`Expected "error" to be an Error object${suffix(msg)}`);
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${kindOf(error)}"${
        suffix(msg)
      }`,
      { cause: error },
    );
  }
  const holds = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches?.test(error.message) ?? true;
  if (!holds) {
    throw new AssertionError(
      `Expected error message to include ${
        typeof msgMatches === "string" ? JSON.stringify(msgMatches) : msgMatches
      }, but got ${JSON.stringify(error.message)}${suffix(msg)}`,
      { cause: error },
    );
  }
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

/** What may follow the function: own words, or a class with a text and own words. */
type Expectation = [first?: AnyClass<Error> | string, msgIncludes?: string, msg?: string];

function checkThrown(error: unknown, how: string, [first, text, msg]: Expectation): unknown {
  if (typeof first === "function") {
    if (!(error instanceof Error)) {
      throw new AssertionError(`A non-Error object was ${how}${suffix(msg)}`);
    }
    assertIsError(error, first, text, msg);
  }
  return error;
}

function ownWords([first, , msg]: Expectation): string | undefined {
  return typeof first === "string" ? first : msg;
}

function kindOf(value: unknown): string {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  return value.constructor?.name ?? "Object";
}
