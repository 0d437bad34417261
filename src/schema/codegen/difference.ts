/** The difference between two texts, for people. */

/** The lines that are shown around a change. */
const AROUND = 2;
/** The most characters of a line: a schema is one, and the types around it say the same. */
const LONGEST = 200;
/** The most pairs of lines that are compared; beyond that, a block is shown as a whole. */
const PAIRS = 4_000_000;

/**
 * The lines that differ, with `-` and `+` before them and some lines around them, as `diff -u` shows them;
 * an empty text if there is no difference.
 */
export function difference(before: string, after: string): string {
  if (before === after) return "";
  const rows = rowsOf(before.split("\n"), after.split("\n"));
  const changes = rows.flatMap(({ sign }, index) => sign === " " ? [] : [index]);
  const shown = new Set(changes.flatMap((index) => {
    const near = Array.from({ length: AROUND * 2 + 1 }, (_, it) => index + it - AROUND);
    return near.filter((it) => it >= 0 && it < rows.length);
  }));
  const lines: string[] = [];
  let last = -1;
  for (const index of [...shown].sort((a, b) => a - b)) {
    const { sign, line, number } = rows[index]!;
    if (index !== last + 1 || lines.length === 0) lines.push(`@@ line ${number} @@`);
    lines.push(`${sign}${line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line}`);
    last = index;
  }
  return `${lines.join("\n")}\n`;
}

interface Row {
  readonly sign: " " | "-" | "+";
  readonly line: string;
  /** The number of the line in the text before, from 1. */
  readonly number: number;
}

function rowsOf(before: readonly string[], after: readonly string[]): Row[] {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end++;
  const same = (from: number, to: number): Row[] =>
    before.slice(from, to).map((line, index) => ({ sign: " ", line, number: from + index + 1 }));
  const old = before.slice(start, before.length - end);
  const fresh = after.slice(start, after.length - end);
  return [
    ...same(0, start),
    ...changed(old, fresh, start),
    ...same(before.length - end, before.length),
  ];
}

/** The shortest way from one block to the other, by the longest list of lines that both have. */
function changed(old: readonly string[], fresh: readonly string[], offset: number): Row[] {
  const width = fresh.length + 1;
  if (old.length * fresh.length > PAIRS) {
    return [
      ...old.map((line, index): Row => ({ sign: "-", line, number: offset + index + 1 })),
      ...fresh.map((line): Row => ({ sign: "+", line, number: offset + old.length + 1 })),
    ];
  }
  const common = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      common[i * width + j] = old[i] === fresh[j]
        ? common[(i + 1) * width + j + 1]! + 1
        : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const rows: Row[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    const number = offset + i + 1;
    const isGone = i < old.length &&
      (j === fresh.length || common[(i + 1) * width + j]! >= common[i * width + j + 1]!);
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      rows.push({ sign: " ", line: old[i]!, number });
      i++;
      j++;
    } else if (isGone) rows.push({ sign: "-", line: old[i++]!, number });
    else rows.push({ sign: "+", line: fresh[j++]!, number });
  }
  return rows;
}
