/** The terminal: whether it takes colours, its width, and tables that fit into it. */

import type { Io, Output } from "./io.ts";

/** Functions that colour text, or leave it as it is. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** The colours of an output. `NO_COLOR` and `FORCE_COLOR` are obeyed, in this order. */
export function colours({ isTTY }: Output, env: Io["env"]): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  const isForced = FORCE_COLOR !== undefined && FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  const isOn = NO_COLOR ? false : FORCE_COLOR !== undefined ? isForced : isTTY && TERM !== "dumb";
  const paint = (code: number, end: number) => (text: string): string =>
    isOn && text !== "" ? `\x1b[${code}m${text}\x1b[${end}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
  };
}

/** The number of columns that a text takes: wide signs take two. */
export function columnsOf(text: string): number {
  let width = 0;
  for (const sign of text) {
    if (/\p{Mark}/u.test(sign)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
          .test(sign)
        ? 2
        : 1;
  }
  return width;
}

/** The start of a text that fits, with an ellipsis where it was cut. */
export function fitted(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let cut = "";
  let width = 0;
  for (const sign of text) {
    width += columnsOf(sign);
    if (width > columns - 1) break;
    cut += sign;
  }
  return columns > 0 ? `${cut}…` : "";
}

/** Text of others on one line, without anything that a terminal would obey. */
export function harmless(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\s+/g, " ").replace(/[\x00-\x1f\x7f-\x9f]/g, "");
}

/** Rows as lines of a table: columns are as wide as they must be, and the last one is cut. */
export function tableLines(rows: readonly (readonly string[])[], columns: number): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => widths[at] = Math.max(widths[at] ?? 0, columnsOf(cell)));
  }
  return rows.map((row) => {
    const cells = row.map((cell, at) =>
      at === row.length - 1 ? cell : cell + " ".repeat(widths[at]! - columnsOf(cell))
    );
    return fitted(cells.join("  "), columns).trimEnd();
  });
}
