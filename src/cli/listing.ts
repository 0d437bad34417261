/** Lists: a table in a terminal, and a line of JSON for each result in a pipe. */

import { harmless, tableLines } from "./terminal.ts";
import type { Session } from "./session.ts";
import { EXIT } from "./usage.ts";

/** The most results, where nobody says how many. */
const USUAL = 25;
/** The width where a terminal does not tell its own. */
const WIDTH = 80;

/** The columns of a table. */
export type Columns<T> = Readonly<Record<string, (item: T) => unknown>>;

/** Prints a list as far as `--limit` and `--all` say. */
export async function printList<T>(
  session: Session,
  items: AsyncIterable<T> | Iterable<T>,
  columns: Columns<T>,
): Promise<number> {
  const limit = session.flag("all") ? Infinity : session.count("limit") ?? USUAL;
  const isTable = session.io.stdout.isTTY && !session.flag("json");
  const rows: T[] = [];
  let count = 0;
  if (limit === 0) return EXIT.done;
  session.bar.update({ label: "loading" });
  for await (const item of items) {
    if (isTable) rows.push(item);
    else await session.printJson(item);
    if (++count >= limit) break;
  }
  session.bar.stop();
  if (isTable) await printTable(session, rows, columns);
  return EXIT.done;
}

async function printTable<T>(
  session: Session,
  items: readonly T[],
  columns: Columns<T>,
): Promise<void> {
  if (items.length === 0) return await session.note("There are none");
  const names = Object.keys(columns);
  const rows = items.map((item) => names.map((name) => cell(columns[name]!(item))));
  const width = session.io.stdout.columns ?? WIDTH;
  const [head = "", ...lines] = tableLines([names.map((it) => it.toUpperCase()), ...rows], width);
  await session.print([session.paint.bold(head), ...lines].map((line) => `${line}\n`).join(""));
}

function cell(value: unknown): string {
  return value === null || value === undefined ? "" : harmless(String(value));
}

/** A moment of the API without its fractions, in UTC. */
export function moment(text: string | null | undefined): string {
  return text?.replace("T", " ").replace(/(?:\.\d+)?Z?$/, "") ?? "";
}
