/** Calls a listener for errors, such as `onError`, so that its own errors stay its own. */

/**
 * Calls a listener. An error that it throws, now or later, is printed, and goes no further: whoever
 * reports an error has another one to deal with already.
 */
export function report(listener: () => unknown): void {
  // deno-lint-ignore no-console
  const print = (error: unknown): void => console.error("Cannot report an error:", error);
  try {
    Promise.resolve(listener()).catch(print);
  } catch (error) {
    print(error);
  }
}
