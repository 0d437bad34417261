/** What runs cost, by prices that the user gives, and a budget that is kept. */

import { ReplicateError } from "../errors.ts";
import type { JobRecord } from "../run/reader.ts";

/** What running a model costs, in any currency. Parts that are given are added up. */
export interface Price {
  /** For a second of `metrics.predict_time`. */
  perSecond?: number | undefined;
  /** For a run that succeeds. */
  perRun?: number | undefined;
  /** For one of each of the model's `metrics`, such as `{ token_output_count: 0.00000275 }`. */
  perMetric?: Readonly<Record<string, number>> | undefined;
  /**
   * What a run is likely to cost, before it is known. Default: the mean of those that are known, which
   * does not exist for the first ones.
   */
  estimate?: number | undefined;
}

/** What `costMeter` takes. */
export interface CostMeterOptions {
  /** By what is run: `owner/name`, `owner/name:version`, a version's id; `"*"` is for all others. */
  prices: Readonly<Record<string, Price>>;
  /** How much may be spent. Default: any amount. */
  budget?: number | undefined;
}

/** What is counted. */
export interface CostTotal {
  /** What is known to have been spent. */
  amount: number;
  /** How many runs were counted. */
  runs: number;
  /** Of these, how many cost something that is not known, or not in full. */
  unknown: number;
}

/** What is about to be created. */
export interface CostSubject {
  /** What is run, as in the prices. */
  model: string;
  /** Under which name it is counted. Default `""`. */
  tag?: string | undefined;
}

/** A run that was begun, and is to be counted. The first call of either counts. */
export interface CostEntry {
  /** It has ended: `job` says how. Without one its cost is not known. */
  end(job?: JobRecord): void;
  /** Nothing was created. */
  drop(): void;
}

/** A create would have passed the budget. It was not sent. */
export class BudgetExceededError extends ReplicateError {
  /** What it is called, also in a minified bundle. */
  override get name(): "BudgetExceededError" {
    return "BudgetExceededError";
  }
  /** What may be spent. */
  readonly budget: number;
  /** What was spent, as far as is known. */
  readonly spent: number;
  /** What those that run are expected to cost. */
  readonly reserved: number;
  /** What this one is expected to cost; 0 where that is not known. */
  readonly estimate: number;

  /**
   * Made from what was spent, and what was to be.
   *
   * @param model What was to be run.
   */
  constructor(
    model: string,
    amounts: { budget: number; spent: number; reserved: number; estimate: number },
  ) {
    const { budget, spent, reserved, estimate } = amounts;
    super(
      `Cannot run ${model}: it would pass the budget of ${shown(budget)}, as ${shown(spent)} is ` +
        `spent, ${shown(reserved)} is expected for what runs, and ${shown(estimate)} for this`,
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
 * Counts what runs cost, and refuses those that would pass a budget.
 *
 * Give it to `batch` as `meter`, or count by hand: `begin` before, `end` after. A number that cannot
 * be right, such as a negative `predict_time`, is not known, and adds to `unknown`, not to `amount`.
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

/** What {@linkcode costMeter} makes. */
export class CostMeter {
  /** What may be spent; `undefined`: any amount. */
  readonly budget: number | undefined;
  readonly #prices: Readonly<Record<string, Price>>;
  readonly #tags = new Map<string, CostTotal>();
  /** What is known of each model, from which the next ones are estimated. */
  readonly #models = new Map<string, { amount: number; runs: number }>();
  readonly #counted = new Set<string>();
  #spent = 0;
  #reserved = 0;

  /**
   * Counts from nothing.
   *
   * @throws {RangeError | TypeError} If a price or the budget cannot be used.
   */
  constructor({ prices, budget }: CostMeterOptions) {
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
   * One more is about to be created. What it is expected to cost is set aside until it has ended.
   *
   * @throws {BudgetExceededError} If that would pass the budget.
   * @throws {TypeError} If there is a budget, and no price for it.
   */
  begin({ model, tag = "" }: CostSubject): CostEntry {
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

  /** Counts a job that has ended, such as one that a webhook told of. The same one counts once. */
  add(job: JobRecord, { model = job.model, tag = "" }: Partial<CostSubject> = {}): void {
    this.#count(job, model, tag);
  }

  /** What was counted: under one tag, or in all. */
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

  /** What was counted, by tag. */
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
    // Of unknown cost is not of none: with nothing left it would pass.
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

/** What a job cost, as far as it can be known. */
function costOf({ status, metrics }: JobRecord, price: Price): { amount: number; known: boolean } {
  let amount = status === "succeeded" ? price.perRun ?? 0 : 0;
  let known = true;
  const add = (name: string, each: number): void => {
    const count = metrics?.[name];
    if (typeof count === "number" && count >= 0 && count < Infinity) amount += count * each;
    else known = false;
  };
  if (price.perSecond !== undefined) add("predict_time", price.perSecond);
  for (const [name, each] of Object.entries(price.perMetric ?? {})) add(name, each);
  return { amount, known };
}

function checkPrice(model: string, price: Price): void {
  const name = `prices[${JSON.stringify(model)}]`;
  if (typeof price !== "object" || price === null) {
    throw new TypeError(`Cannot use ${price} as ${name}: give { perSecond }, { perRun } or both`);
  }
  const { perSecond, perRun, perMetric, estimate } = price;
  for (const [key, value] of Object.entries({ perSecond, perRun, estimate, ...perMetric })) {
    if (value !== undefined) checkAmount(value, `${name}.${key}`);
  }
  if (perSecond === undefined && perRun === undefined && !perMetric) {
    throw new TypeError(`Cannot use ${name}: it has none of perSecond, perRun and perMetric`);
  }
}

function checkAmount(value: number, name: string): void {
  if (typeof value === "number" && value >= 0 && value < Infinity) return;
  throw new RangeError(`Cannot use ${value} as ${name}: give an amount of 0 or more`);
}

function shown(amount: number): string {
  return String(Number(amount.toPrecision(6)));
}
