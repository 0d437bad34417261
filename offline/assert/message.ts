/** The texts of failed assertions. */

/** Shows a value in full: sorted keys, one item a line, no cut. */
export function show(value: unknown): string {
  return Deno.inspect(value, {
    colors: false,
    compact: false,
    depth: 64,
    iterableLimit: 1000,
    sorted: true,
    strAbbreviateSize: 1_000_000,
    trailingComma: true,
  });
}

/** `: text` to close a message with the caller's own words, or a full stop. */
export function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

/** The lines of both texts in order: `-` only in `actual`, `+` only in `expected`. */
export function difference(actual: string, expected: string): string {
  const [a, b] = [actual.split("\n"), expected.split("\n")];
  if (a.length * b.length > 1_000_000) return `actual: ${actual}\nexpected: ${expected}`;

  // common[i][j]: how many lines a[i..] and b[j..] have in common, in order.
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number): number => common[i]![j]!;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i]![j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }

  const lines = ["    [Diff] Actual / Expected", ""];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`    ${a[i++]}`);
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`-   ${a[i++]}`);
    } else {
      lines.push(`+   ${b[j++]}`);
    }
  }
  return lines.join("\n");
}
