/** A meter that counts the cost of runs, and keeps to a budget. */

import { checkKeys } from "../base/check.ts";
import { rename, ReplicateError } from "../errors.ts";
import type { JobRecord } from "../run/reader.ts";
import { checkAmount, checkPrice, costOf, type Price } from "./price.ts";

/** The options of `costMeter`. */
export interface CostMeterOptions {
  /** The prices by ref: `owner/name`, `owner/name:version`, a version's id; `"*"` is for all others. */
  prices: Readonly<Record<string, Price>>;
  /** The most that may be spent. Default: no limit. */
  budget?: number | undefined;
}

/** The sum of the runs that were counted. */
export interface CostTotal {
  /** The amount that is known to have been spent. */
  amount: number;
  /** The number of runs. */
  runs: number;
  /** The number of runs with a cost that is not known, or not in full. */
  unknown: number;
}

/** The run that is about to be created. */
export interface CostSubject {
  /** The ref, as in the prices. */
  model: string;
  /** The name under which it is counted. Default `""`. */
  tag?: string | undefined;
}

/** A run that was begun, and is counted at its end. Only the first call of either method counts. */
export interface CostEntry {
  /** The run has ended as `job`. Without a job its cost is not known. */
  end(job?: JobRecord): void;
  /** Nothing was created. */
  drop(): void;
}

/** A create would have passed the budget, and was not sent. */
export class BudgetExceededError extends ReplicateError {
  /** The name of the class, also in a minified bundle. */
  override get name(): "BudgetExceededError" {
    return "BudgetExceededError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** The most that may be spent. */
  readonly budget: number;
  /** The amount spent, as far as it is known. */
  readonly spent: number;
  /** The expected cost of the runs that have not ended. */
  readonly reserved: number;
  /** The expected cost of this run; 0 where that is not known. */
  readonly estimate: number;

  /**
   * Words the message.
   *
   * @param model The ref that was to be run.
   * @param amounts The budget, and the amounts that would have passed it.
   */
  constructor(
    model: string,
    amounts: { budget: number; spent: number; reserved: number; estimate: number },
  ) {
    const { budget, spent, reserved, estimate } = amounts;
    super(
      `Cannot run ${model}: it would pass the budget of ${amountText(budget)}, as ${
        amountText(spent)
      } is ` +
        `spent, ${amountText(reserved)} is expected for what runs, and ${
          amountText(estimate)
        } for this`,
    );
    this.budget = budget;
    this.spent = spent;
    this.reserved = reserved;
    this.estimate = estimate;
  }
}

/** Room for the errors of adding up: three times 0.1 is a budget of 0.3. */
const TOLERANCE = 1e-9;

/**
 * A meter that counts the cost of runs, and refuses those that would pass a budget.
 *
 * Give it to `batch` as `meter`, or count by hand: `begin` before, `end` after. A number that cannot be
 * right, such as a negative `predict_time`, counts as not known: it adds to `unknown`, not to `amount`.
 *
 * @throws {RangeError | TypeError} If a price or the budget cannot be used.
 *
 * @example
 * ```ts
 * import { Client, costMeter } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/painter": { official: true, run: (_, job) => job.metric("images", 1) } },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const meter = costMeter({
 *   prices: { "acme/painter": { perMetric: { images: 0.04 }, estimate: 0.04 } },
 *   budget: 0.1,
 * });
 *
 * const inputs = ["a fig", "a plum", "a pear"].map((prompt) => ({ prompt }));
 * const statuses: string[] = [];
 * for await (const { status } of client.batch("acme/painter", inputs, { meter, tag: "fruit" })) {
 *   statuses.push(status);
 * }
 * assertEquals(statuses.sort(), ["fulfilled", "fulfilled", "rejected"]);
 * assertEquals(meter.total("fruit"), { amount: 0.08, runs: 2, unknown: 0 });
 * assert(meter.total().amount <= 0.1);
 * ```
 */
export function costMeter(options: CostMeterOptions): CostMeter {
  return new CostMeter(options);
}

/** The meter that {@linkcode costMeter} makes. */
export class CostMeter {
  /** The most that may be spent; `undefined` for no limit. */
  readonly budget: number | undefined;
  readonly #prices: Readonly<Record<string, Price>>;
  readonly #tags = new Map<string, CostTotal>();
  /** The known costs of each model, from which the next ones are estimated. */
  readonly #models = new Map<string, { amount: number; runs: number }>();
  readonly #counted = new Set<string>();
  #spent = 0;
  #reserved = 0;

  /**
   * Starts from nothing.
   *
   * @throws {RangeError | TypeError} If a price or the budget cannot be used.
   */
  constructor(options: CostMeterOptions) {
    const { prices, budget, ...rest } = options ?? {};
    checkKeys(rest, ["prices", "budget"], "count costs");
    if (typeof prices !== "object" || prices === null) {
      throw new TypeError(
        'Cannot count costs: give prices, as in { "acme/x": { perSecond: 0.001 } }',
      );
    }
    for (const [model, price] of Object.entries(prices)) checkPrice(model, price);
    if (budget !== undefined) checkAmount(budget, "budget");
    this.budget = budget;
    this.#prices = prices;
  }

  /**
   * Begins a run that is about to be created. Its expected cost is set aside until it has ended.
   *
   * @throws {BudgetExceededError} If that would pass the budget.
   * @throws {TypeError} If there is a budget, and no price for the model.
   */
  begin(subject: CostSubject): CostEntry {
    checkKeys(subject, ["model", "tag"], "count a run");
    const { model, tag = "" } = subject;
    const estimate = this.#estimate(model);
    if (this.budget !== undefined) this.#check(this.budget, model, estimate);
    this.#reserved += estimate ?? 0;
    let open = true;
    const close = (): boolean => {
      if (!open) return false;
      open = false;
      this.#reserved = Math.max(0, this.#reserved - (estimate ?? 0));
      return true;
    };
    return {
      end: (job) => void (close() && this.#count(job, model, tag)),
      drop: () => void close(),
    };
  }

  /** Counts a job that has ended, such as that of a webhook. The same job counts once. */
  add(job: JobRecord, { model = job.model, tag = "" }: Partial<CostSubject> = {}): void {
    this.#count(job, model, tag);
  }

  /** The sum of the runs under one tag, or of all. */
  total(tag?: string): CostTotal {
    const sum: CostTotal = { amount: 0, runs: 0, unknown: 0 };
    for (const [name, total] of this.#tags) {
      if (tag !== undefined && tag !== name) continue;
      sum.amount += total.amount;
      sum.runs += total.runs;
      sum.unknown += total.unknown;
    }
    return sum;
  }

  /** The sums by tag. */
  totals(): Record<string, CostTotal> {
    return Object.fromEntries([...this.#tags].map(([tag, total]) => [tag, { ...total }]));
  }

  #check(budget: number, model: string, estimate: number | undefined): void {
    if (!this.#price(model)) {
      throw new TypeError(`Cannot keep to the budget: there is no price for ${model}`);
    }
    const [spent, reserved] = [this.#spent, this.#reserved];
    const sum = spent + reserved + (estimate ?? 0);
    const slack = TOLERANCE * Math.max(budget, 1e-6);
    // An unknown cost is not none: with nothing left, it would pass the budget.
    if (estimate === undefined ? sum < budget - slack : sum <= budget + slack) return;
    throw new BudgetExceededError(model, { budget, spent, reserved, estimate: estimate ?? 0 });
  }

  #price(model: string, job?: JobRecord): Price | undefined {
    for (const name of [model, model.split(":")[0], job?.model, "*"]) {
      if (name && Object.hasOwn(this.#prices, name)) return this.#prices[name];
    }
    return undefined;
  }

  #estimate(model: string): number | undefined {
    const price = this.#price(model);
    if (!price || price.estimate !== undefined) return price?.estimate;
    if (price.perSecond === undefined && !price.perMetric) return price.perRun;
    const known = this.#models.get(model);
    return known && known.amount / known.runs;
  }

  #count(job: JobRecord | undefined, model: string, tag: string): void {
    if (job) {
      if (this.#counted.has(job.id)) return;
      this.#counted.add(job.id);
    }
    const price = this.#price(model, job);
    const cost = job && price ? costOf(job, price) : { amount: 0, known: false };
    const total = this.#tags.get(tag) ?? { amount: 0, runs: 0, unknown: 0 };
    this.#tags.set(tag, total);
    total.amount += cost.amount;
    total.runs++;
    this.#spent += cost.amount;
    if (!cost.known) {
      total.unknown++;
    } else if (job?.status === "succeeded") {
      const { amount, runs } = this.#models.get(model) ?? { amount: 0, runs: 0 };
      this.#models.set(model, { amount: amount + cost.amount, runs: runs + 1 });
    }
  }
}

function amountText(amount: number): string {
  return String(Number(amount.toPrecision(6)));
}
