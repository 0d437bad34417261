/** The sums that a meter tells, from its book and its sheets. */

import { checkKeys } from "../base/check.ts";
import { type Book, type OpenRun, reservedOf } from "./cost_book.ts";
import type { Sheet } from "./cost_sheet.ts";
import type { CostFilter, CostRow, CostTotal, OpenCost } from "./cost_types.ts";

/** The sheets of days, in their order. */
export type Sheets = readonly (readonly [day: string, Sheet])[];

/** A filter that was checked. */
export interface Filter {
  readonly tag: string | undefined;
  readonly day: string | undefined;
}

const DAY_FORM = /^\d{4}-\d\d-\d\d$/;

/** The day of a moment, by UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * Checks a filter.
 *
 * @throws {TypeError} If it is none.
 */
export function filterOf(filter: CostFilter): Filter {
  if (typeof filter !== "object" || filter === null) {
    throw new TypeError('Cannot sum up: give a filter as an object, as in { tag: "a" }');
  }
  checkKeys(filter, ["tag", "day"], "sum up");
  const { tag, day } = filter;
  if (day === undefined) return { tag, day };
  const ms = typeof day === "object" ? day?.getTime?.() : undefined;
  const text = Number.isFinite(ms) ? dayOf(ms!) : String(day);
  if (DAY_FORM.test(text)) return { tag, day: text };
  throw new TypeError(`Cannot use ${text} as day: give a Date, or text such as "2026-01-31"`);
}

/** The sum of the runs that a filter means. */
export function totalOf(book: Book, sheets: Sheets, { tag, day }: Filter): CostTotal {
  const isMeant = (name: string): boolean => tag === undefined || name === tag;
  const rows = rowsOf(sheets, { tag, day });
  const unknown = sheets.flatMap(([, sheet]) => sheet.unknown.filter((it) => isMeant(it.tag)));
  const isOpen = (run: OpenRun): boolean =>
    isMeant(run.tag) && (day === undefined || run.day === day);
  const open = Object.entries(book.open).filter(([, run]) => isOpen(run));
  const sum = (name: "amount" | "runs" | "unknownRuns"): number =>
    rows.reduce((all, row) => all + row[name], 0);
  return {
    amount: sum("amount"),
    runs: sum("runs"),
    unknownRuns: sum("unknownRuns"),
    unknown: unknown.map((it) => ({ ...it })),
    open: open.length,
    reserved: reservedOf({ ...book, open: Object.fromEntries(open) }),
  };
}

/** The sums of each day and tag that a filter means. */
export function rowsOf(sheets: Sheets, { tag }: Filter): CostRow[] {
  return sheets.flatMap(([day, { tags }]) =>
    Object.entries(tags)
      .filter(([name]) => tag === undefined || name === tag)
      .map(([name, sum]) => ({ day, tag: name, ...sum }))
  );
}

/** The runs that are set aside. */
export function openCosts({ open }: Book): OpenCost[] {
  return Object.entries(open).map(([key, { id, model, tag, at, amount }]) => ({
    key,
    id,
    model,
    tag,
    since: new Date(at),
    amount,
  }));
}
