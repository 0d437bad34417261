/** Assertions without a package, as the checks are bundled for runtimes that have none. */

/** Throws unless the condition holds. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`It is not so that ${what}`);
}

/** Throws unless both are the same, or the same JSON. */
export function equal(actual: unknown, expected: unknown): void {
  if (Object.is(actual, expected)) return;
  const [got, wanted] = [actual, expected].map((it) => JSON.stringify(it) ?? String(it));
  const isPlain = typeof expected !== "object" || !(expected instanceof Error);
  if (got === wanted && isPlain) return;
  throw new Error(`Expected ${isPlain ? wanted : expected}, got ${isPlain ? got : actual}`);
}
