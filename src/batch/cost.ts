/** A meter that counts the cost of runs, and keeps to a budget. */

import { checkKeys } from "../base/check.ts";
import { isTerminal } from "../base/job.ts";
import type { JobCost, Meter, MeteredJob } from "../base/meter.ts";
import { type ParsedRef, parseRef, type Ref } from "../base/ref.ts";
import type { Send } from "../http/types.ts";
import { type Budget, budgetOf } from "./budget.ts";
import { type Book, checkBudget, likely, type OpenRun } from "./cost_book.ts";
import { estimateOf, runsOf } from "./cost_estimate.ts";
import { dayOf, filterOf, openCosts, rowsOf, totalOf } from "./cost_report.ts";
import { CostAccount } from "./cost_account.ts";
import { checkStore, localStore } from "./cost_store.ts";
import type {
  CostEntry,
  CostEstimate,
  CostFilter,
  CostMeterOptions,
  CostRow,
  CostSubject,
  CostTotal,
  OpenCost,
} from "./cost_types.ts";
import { watched } from "./cost_watch.ts";
import { costOf } from "./job_cost.ts";
import { type Priced, PriceList, type Rule } from "./price.ts";

/**
 * A meter that counts the cost of runs, and refuses those that would pass a budget.
 *
 * Give it to a client, a run or a batch as `meter`. What a run is likely to cost is set aside before it is
 * created, so that runs side by side do not pass the budget together, and replaced by what it cost when its
 * end is seen. Runs that failed or were canceled cost what they have used. A metric that cannot be right,
 * such as a negative `predict_time`, counts as not known.
 *
 * The prices are yours: the API tells of none.
 *
 * @throws {RangeError | TypeError} If a price, the budget or the store cannot be used.
 *
 * @example
 * ```ts
 * import { BudgetExceededError, Client, costMeter } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/painter": { official: true, run: (_, job) => job.metric("image_count", 1) } },
 * });
 * const meter = costMeter({
 *   prices: { models: { "acme/painter": { image_count: 0.04 } } },
 *   budget: { total: 0.1 },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch, meter });
 *
 * await client.run("acme/painter", { input: { prompt: "a fig" }, tag: "fruit" });
 * await client.run("acme/painter", { input: { prompt: "a plum" }, tag: "fruit" });
 * const third = () => client.run("acme/painter", { input: { prompt: "a pear" }, tag: "fruit" });
 * await assertRejects(third, BudgetExceededError);
 *
 * const { amount, runs } = await meter.total({ tag: "fruit" });
 * assertEquals([amount, runs], [0.08, 2]);
 * ```
 */
export function costMeter(options: CostMeterOptions): CostMeter {
  return new CostMeter(options);
}

/** The meter that {@linkcode costMeter} makes. */
export class CostMeter implements Meter {
  /** The most that may be spent. */
  readonly budget: Budget;
  readonly #prices: PriceList;
  readonly #account: CostAccount;

  /**
   * Goes on from what is in the store.
   *
   * @throws {RangeError | TypeError} If a price, the budget or the store cannot be used.
   */
  constructor(options: CostMeterOptions) {
    checkKeys(options, ["prices", "budget", "store"], "count costs");
    const { prices, budget, store = localStore() } = options ?? {};
    this.#prices = new PriceList(prices);
    this.budget = budgetOf(budget);
    checkStore(store);
    this.#account = new CostAccount(store);
  }

  /**
   * The likely cost of runs, by their price, or by what such runs have cost so far.
   *
   * @param ref The model or deployment.
   * @param runs The inputs, or their number. Default 1.
   * @throws {TypeError} If there is no price for it.
   */
  async estimate(ref: Ref, runs: number | Iterable<unknown> = 1): Promise<CostEstimate> {
    const parsed = parseRef(ref);
    const rule = this.#ruleFor(parsed, "estimate");
    return estimateOf(rule, (await this.#account.book()).seen[nameOf(parsed)], runsOf(runs));
  }

  /**
   * The sum of the runs that have ended, and the amount that is set aside for others.
   *
   * @throws {TypeError} If a filter is none.
   */
  async total(filter: CostFilter = {}): Promise<CostTotal> {
    const asked = filterOf(filter);
    const book = await this.#account.book();
    return totalOf(book, await this.#account.sheets(book, asked.day), asked);
  }

  /** The sums of each day and tag, in the order of the days. */
  async totals(filter: CostFilter = {}): Promise<CostRow[]> {
    const asked = filterOf(filter);
    return rowsOf(await this.#account.sheets(await this.#account.book(), asked.day), asked);
  }

  /**
   * The runs that are set aside: those that go on, and those whose end nobody has seen. Read such a job,
   * and `record` it; one without an id that is old was never created, or its answer was lost.
   */
  async open(): Promise<OpenCost[]> {
    return openCosts(await this.#account.book());
  }

  /**
   * Counts a job that has ended, such as that of a webhook, or one that was resumed. A job counts once,
   * however often it is told of, and one that has not ended does not count.
   *
   * @param job The prediction or training.
   * @param options Its ref, if the job does not tell it, and the tag, if nothing was set aside for it.
   * @returns Its cost, as far as it is known.
   */
  async record(
    job: MeteredJob,
    options: { ref?: Ref | undefined; tag?: string | undefined } = {},
  ): Promise<JobCost> {
    checkKeys(options, ["ref", "tag"], "count a job");
    const { ref, tag } = options;
    await this.#settle(job, undefined, ref === undefined ? undefined : parseRef(ref), tag);
    return this.costOf(job, ref);
  }

  /**
   * The cost of a job by its price. Nothing is counted.
   *
   * @throws {TypeError} If this is no job.
   */
  costOf(job: MeteredJob, ref?: Ref): JobCost {
    return this.#cost(job, ref === undefined ? undefined : parseRef(ref));
  }

  /**
   * Sets a run aside that is about to be created by other means than a client with this meter.
   *
   * @throws {BudgetExceededError} If it would pass the budget.
   * @throws {TypeError} If there is a budget, and no price for it.
   */
  async reserve(subject: CostSubject): Promise<CostEntry> {
    checkKeys(subject, ["ref", "tag"], "set a run aside");
    return await this.#reserve(parseRef(subject?.ref), subject.tag, undefined);
  }

  /** Takes back that a run was set aside. */
  async drop(key: string): Promise<void> {
    await this.#account.drop(key);
  }

  /**
   * Looks whether a run could be paid for now; sets nothing aside.
   *
   * @throws {BudgetExceededError} If it would pass the budget.
   * @throws {TypeError} If there is a budget, and no price for it.
   */
  async check(ref: ParsedRef): Promise<void> {
    const rule = this.#ruleFor(ref, "keep to the budget");
    if (!this.#hasBudget) return;
    const book = await this.#account.book();
    checkBudget(book, this.budget, this.#openRun(book, nameOf(ref), rule));
  }

  /** @internal Clients watch their own requests by this. */
  watch<S extends object>(send: S): S {
    const steps = {
      reserve: (ref: ParsedRef, tag: string | undefined, now: number | undefined) =>
        this.#reserve(ref, tag, now),
      settle: (job: MeteredJob, key: string | undefined, ref: ParsedRef | undefined) =>
        this.#settle(job, key, ref),
    };
    return watched(send as unknown as Send, steps) as unknown as S;
  }

  get #hasBudget(): boolean {
    return this.budget.total !== undefined || this.budget.perDay !== undefined;
  }

  /** The price of a ref. Without one a budget cannot be kept. */
  #ruleFor(ref: ParsedRef, action: string): Rule | undefined {
    const rule = this.#prices.find(pricedRef(ref));
    if (rule || (action !== "estimate" && !this.#hasBudget)) return rule;
    throw new TypeError(`Cannot ${action}: there is no price for ${nameOf(ref)}`);
  }

  async #reserve(
    ref: ParsedRef,
    tag: string | undefined,
    now: number | undefined,
  ): Promise<CostEntry> {
    const rule = this.#ruleFor(ref, "keep to the budget");
    return await this.#account.reserve((book) => {
      const run = this.#openRun(book, nameOf(ref), rule, tag, now);
      checkBudget(book, this.budget, run);
      return run;
    });
  }

  #openRun(
    book: Book,
    model: string,
    rule: Rule | undefined,
    tag = "",
    at: number = Date.now(),
  ): OpenRun {
    const fixed = rule?.metrics.length === 0 ? rule.perRun : undefined;
    const amount = rule?.estimate ?? fixed ?? likely(book, model, this.budget);
    return { model, tag, day: dayOf(at), at, amount };
  }

  /** The cost of a job, by the price of the ref that it was created by, or by what it says itself. */
  #cost(job: MeteredJob, ref: ParsedRef | undefined): JobCost {
    const { id, status, model, version, deployment } = job ?? {};
    if (typeof id !== "string" || typeof status !== "string") {
      throw new TypeError("Cannot count this job: give a prediction or a training");
    }
    const names = { model, version, deployment, ...(ref && pricedRef(ref)) };
    const rule = this.#prices.find(names);
    if (rule) return costOf(job, rule);
    return {
      amount: 0,
      unknown: `there is no price for ${ref ? nameOf(ref) : deployment ?? model ?? version}`,
    };
  }

  async #settle(
    job: MeteredJob,
    key: string | undefined,
    ref?: ParsedRef,
    tag?: string,
  ): Promise<void> {
    const { amount, unknown } = this.#cost(job, ref);
    if (!isTerminal(job)) return;
    const own = job.deployment === undefined ? job.model : `deployment ${job.deployment}`;
    const model = (ref ? nameOf(ref) : own) ?? job.id;
    const created = Date.parse(job.created_at ?? "") || undefined;
    await this.#account.settle({
      id: job.id,
      key,
      amount,
      unknown,
      // Others of its model are likely to cost as much.
      isTypical: unknown === undefined && job.status === "succeeded",
      run: (book) => this.#openRun(book, model, this.#prices.find(job), tag, created),
    });
  }
}

/** The name of what a ref runs: a deployment may be called as a model is. */
function nameOf({ kind, label }: ParsedRef): string {
  return kind === "deployment" ? `deployment ${label}` : label;
}

/** The names by which the price of a ref is found. */
function pricedRef(ref: ParsedRef): Priced {
  const { label } = ref;
  if (ref.kind === "deployment") return { deployment: label };
  if (ref.kind === "model") return { model: label };
  const [version] = ref.version.split(":").slice(-1);
  return label.includes("/") ? { model: label, version } : { version };
}
