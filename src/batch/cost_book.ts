/**
 * The book of a meter, as plain data: what is spent and set aside, which one key of a store holds, as a
 * budget is kept by one change of one value. Nothing here changes a book; each step makes another one.
 */

import { type Budget, BudgetExceededError } from "./budget.ts";

/** A run that is set aside, and has not been counted. */
export interface OpenRun {
  /** The model or deployment. */
  readonly model: string;
  readonly tag: string;
  /** The day on which it was set aside. */
  readonly day: string;
  /** The moment of that, in milliseconds since 1970. */
  readonly at: number;
  /** The amount that is set aside. */
  readonly amount: number;
  /** The id of its prediction, once that is known. */
  readonly id?: string;
}

/** The amounts of the runs of a day that are counted. */
interface DayAmounts {
  /** The costs that are known. */
  readonly spent: number;
  /** The amounts that were set aside for costs that are not known. */
  readonly assumed: number;
}

/** The costs that were seen of a model: their number, their mean, and the sum of squares around it. */
export interface Seen {
  readonly runs: number;
  readonly mean: number;
  readonly squares: number;
}

/** The book. */
export interface Book {
  readonly open: Readonly<Record<string, OpenRun>>;
  readonly days: Readonly<Record<string, DayAmounts>>;
  readonly seen: Readonly<Record<string, Seen>>;
  /** The latest jobs that were counted. */
  readonly recent: readonly Counted[];
}

/** A job that was counted, and where. */
export type Counted = Pick<OpenRun, "model" | "tag" | "day"> & { readonly id: string };

/** A job that has ended, for the book. */
export interface Ended {
  readonly id: string;
  /** The key under which it was set aside, where that is known. */
  readonly key?: string | undefined;
  readonly amount: number;
  readonly isKnown: boolean;
  /** `true` if others of its model are likely to cost as much. */
  readonly isTypical: boolean;
  /** The run, if nothing was set aside for it. */
  readonly run: OpenRun;
}

/** Room for the errors of adding up: three times 0.1 is a budget of 0.3. */
const TOLERANCE = 1e-9;
/** The number of jobs that tell whether a job was counted where a process died in the middle of it. */
const RECENT = 200;

const EMPTY: Book = { open: {}, days: {}, seen: {}, recent: [] };

/** The book in a store; an empty one where there is none yet. */
export function bookOf(value: unknown): Book {
  return { ...EMPTY, ...(value as Book | null | undefined) };
}

/** The amount that is likely for a run whose price has no estimate, by what was seen. */
export function likely({ seen }: Book, model: string, budget: Budget): number {
  const known = at(seen, model);
  if (known) return known.mean;
  const least = Math.min(budget.total ?? Infinity, budget.perDay ?? Infinity);
  return least === Infinity ? 0 : least / 100;
}

/**
 * Looks whether a run fits into the budget.
 *
 * @throws {BudgetExceededError} If it would pass it.
 */
export function checkBudget(book: Book, { total, perDay }: Budget, run: OpenRun): void {
  for (const [budget, day] of [[total, undefined], [perDay, run.day]] as const) {
    if (budget === undefined) continue;
    const spent = sum(day === undefined ? Object.values(book.days) : [at(book.days, day)]);
    const reserved = reservedOf(book, day);
    const amounts = { budget, spent, reserved, estimate: run.amount, day };
    const slack = TOLERANCE * Math.max(budget, 1e-6);
    const after = spent + reserved + run.amount;
    // A cost of 0 is most likely one that is not known: with nothing left, it would pass the budget.
    const isOver = run.amount > 0 ? after > budget + slack : after >= budget - slack;
    if (isOver) throw new BudgetExceededError(run.model, amounts);
  }
}

/** The amount that is set aside, on a day or in all. */
export function reservedOf({ open }: Book, day?: string): number {
  const runs = Object.values(open).filter((run) => day === undefined || run.day === day);
  return runs.reduce((amount, run) => amount + run.amount, 0);
}

/** Sets a run aside. */
export function reserve(book: Book, key: string, run: OpenRun): Book {
  return { ...book, open: { ...book.open, [key]: run } };
}

/** Takes back that a run was set aside. */
export function drop(book: Book, key: string): Book {
  const { [key]: dropped, ...open } = book.open;
  return dropped ? { ...book, open } : book;
}

/** Notes the prediction of a run that was set aside. */
export function bind(book: Book, key: string, id: string): Book {
  const run = at(book.open, key);
  if (!run || run.id === id) return book;
  // Whoever was told of the prediction first has counted it as one for which nothing was set aside.
  return counted(book, id) ? drop(book, key) : reserve(book, key, { ...run, id });
}

/** The run that is set aside for a prediction. */
export function openRun(
  { open }: Book,
  id: string,
  key?: string,
): [key: string, run: OpenRun] | undefined {
  const own = key === undefined ? undefined : at(open, key);
  if (own) return [key!, own];
  return Object.entries(open).find(([, run]) => run.id === id);
}

/** The place where a job was counted, if it was of late. */
export function counted({ recent }: Book, id: string): Counted | undefined {
  return recent.find((job) => job.id === id);
}

/** Counts a job that has ended: once. */
export function settle(book: Book, ended: Ended): Book {
  const { id, key, amount, isKnown, isTypical } = ended;
  const found = openRun(book, id, key);
  const rest = found ? drop(book, found[0]) : book;
  if (counted(book, id)) return rest;
  const run = found?.[1] ?? ended.run;
  const { spent, assumed } = at(book.days, run.day) ?? { spent: 0, assumed: 0 };
  // What is not known is taken to be what was expected, so that the budget is not passed by it.
  const more = isKnown ? 0 : Math.max(0, run.amount - amount);
  const days = { ...book.days, [run.day]: { spent: spent + amount, assumed: assumed + more } };
  const seen = isTypical
    ? { ...book.seen, [run.model]: seenWith(at(book.seen, run.model), amount) }
    : book.seen;
  const { model, tag, day } = run;
  return { ...rest, days, seen, recent: [...book.recent, { id, model, tag, day }].slice(-RECENT) };
}

/** Welford's way to the mean and the spread, in which no digits are lost. */
function seenWith(
  { runs, mean, squares }: Seen = { runs: 0, mean: 0, squares: 0 },
  x: number,
): Seen {
  const next = mean + (x - mean) / (runs + 1);
  return { runs: runs + 1, mean: next, squares: squares + (x - mean) * (x - next) };
}

function sum(days: readonly (DayAmounts | undefined)[]): number {
  return days.reduce((amount, day) => amount + (day ? day.spent + day.assumed : 0), 0);
}

/** A value of a record of ours: a name such as `toString` is none of its own. */
function at<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
