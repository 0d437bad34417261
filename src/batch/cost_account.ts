/** The account of a meter: its book and its sheets, as a store keeps them. */

import {
  bind,
  type Book,
  bookOf,
  type Counted,
  counted,
  drop,
  type OpenRun,
  openRun,
  reserve,
  settle,
} from "./cost_book.ts";
import type { Sheets } from "./cost_report.ts";
import { addJob, sheetOf } from "./cost_sheet.ts";
import { JOB_KEY } from "./cost_store.ts";
import type { CostEntry } from "./cost_types.ts";
import type { CostStore } from "./types.ts";

/** The key of the book. */
const BOOK = "cost";
/** The keys of the sheets begin with it. */
const DAY = "cost day ";

/** A job that has ended. */
export interface EndedJob {
  readonly id: string;
  /** The key under which it was set aside, where that is known. */
  readonly key: string | undefined;
  readonly amount: number;
  /** The reason why that is not all of its cost, if it is not. */
  readonly unknown: string | undefined;
  readonly isTypical: boolean;
  /** Makes the run, if nothing was set aside for it. */
  readonly run: (book: Book) => OpenRun;
}

/** The amounts in a store. Each step is one change of one value, so that no two processes mix theirs. */
export class CostAccount {
  readonly #store: CostStore;

  constructor(store: CostStore) {
    this.#store = store;
  }

  /** The book as it is now. */
  async book(): Promise<Book> {
    return bookOf(await this.#store.get(BOOK));
  }

  /** The sheets of the days on which something was counted, or of one of them. */
  async sheets({ days }: Book, day: string | undefined): Promise<Sheets> {
    const names = Object.keys(days).filter((name) => day === undefined || name === day).sort();
    const values = await Promise.all(names.map((name) => this.#store.get(DAY + name)));
    return names.map((name, index) => [name, sheetOf(values[index])] as const);
  }

  /** Sets a run aside. What `runIn` throws is passed on, and nothing is set aside. */
  async reserve(runIn: (book: Book) => OpenRun): Promise<CostEntry> {
    const key = crypto.randomUUID();
    await this.#change((book) => reserve(book, key, runIn(book)));
    return {
      key,
      created: (id) => this.#change((book) => bind(book, key, id)),
      drop: () => this.drop(key),
    };
  }

  /** Takes back that a run was set aside. */
  drop(key: string): Promise<void> {
    return this.#change((book) => drop(book, key));
  }

  /**
   * Counts a job: once. A process may die between two of the steps, and each of them is taken once when the
   * job is told of again.
   */
  async settle(job: EndedJob): Promise<void> {
    const { id, key, amount, unknown, isTypical } = job;
    if (await this.#store.get(JOB_KEY + id)) return;
    let place: Omit<Counted, "id"> | undefined;
    await this.#change((book) => {
      // Looked for before it is settled, as the book has it among those that are open until then.
      const run = openRun(book, id, key)?.[1] ?? job.run(book);
      place = counted(book, id) ?? run;
      return settle(book, { id, key, amount, isKnown: unknown === undefined, isTypical, run });
    });
    const { day, model, tag } = place!;
    await this.#store.update(DAY + day, (value) => {
      const sheet = sheetOf(value);
      const next = addJob(sheet, { id, model, tag, day, amount, why: unknown });
      return next === sheet ? value : next;
    });
    await this.#store.update(JOB_KEY + id, () => 1);
  }

  async #change(change: (book: Book) => Book): Promise<void> {
    await this.#store.update(BOOK, (value) => {
      const book = bookOf(value);
      const next = change(book);
      return next === book ? value : next;
    });
  }
}
