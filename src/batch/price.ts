/** The prices that the user gives, by model, by deployment and by hardware. */

import { checkKeys } from "../base/check.ts";
import { nearest } from "../base/text.ts";

/**
 * The price of a model's runs. Parts that are given are added up. A name in snake_case is one of the model's
 * `metrics`, with the price of one of it: `{ input_token_count: 1e-7, output_token_count: 4e-7 }`.
 */
export interface Price {
  /** The name of a price in `prices.hardware`, for each second of `metrics.predict_time`. */
  hardware?: string | undefined;
  /** The price of a run that succeeds. */
  perRun?: number | undefined;
  /**
   * The likely cost of a run that has not ended. Default: the mean of those that are known, and a hundredth
   * of the budget as long as none is.
   */
  estimate?: number | undefined;
  /** The price of one of a metric. */
  [metric: string]: number | string | undefined;
}

/** The prices, in any currency. The API has none: these are yours, and nobody keeps them up to date. */
export interface Prices {
  /** The price of a second by the name of the hardware, as in `{ "gpu-t4": 0.000225 }`. */
  hardware?: Readonly<Record<string, number>> | undefined;
  /** The prices by `owner/name`, `owner/name:version` or a version's id; `"*"` is for all others. */
  models?: Readonly<Record<string, Price>> | undefined;
  /** The prices by `owner/name` of a deployment. Default: those of its model. */
  deployments?: Readonly<Record<string, Price>> | undefined;
}

/** A price that was checked, with the one of its hardware. */
export interface Rule {
  readonly perRun: number;
  /** The price of one of each metric, by name. */
  readonly metrics: readonly (readonly [name: string, each: number])[];
  readonly estimate: number | undefined;
}

/** The names by which a price is looked for: those of the ref, and those that the job has. */
export interface Priced {
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly deployment?: string | undefined;
}

const OWN = ["hardware", "perRun", "estimate"];

/** The prices that a meter was given. */
export class PriceList {
  readonly #models: ReadonlyMap<string, Rule>;
  readonly #deployments: ReadonlyMap<string, Rule>;

  /**
   * Checks the prices.
   *
   * @throws {RangeError | TypeError} If one cannot be used; the message names it.
   */
  constructor(prices: Prices) {
    if (typeof prices !== "object" || prices === null) {
      throw new TypeError(
        'Cannot count costs: give prices, as in { models: { "acme/x": { perRun: 0.01 } } }',
      );
    }
    checkKeys(prices, ["hardware", "models", "deployments"], "use prices", slashed(prices));
    const { hardware = {}, models = {}, deployments = {} } = prices;
    for (const [name, each] of Object.entries(hardware)) {
      checkAmount(each, `prices.hardware${shownKey(name)}`);
    }
    this.#models = rulesOf("prices.models", models, hardware);
    this.#deployments = rulesOf("prices.deployments", deployments, hardware);
  }

  /** The price of a run, if there is one. */
  find({ model, version, deployment }: Priced): Rule | undefined {
    const own = deployment === undefined ? undefined : this.#deployments.get(deployment);
    const names = [model && version && `${model}:${version}`, version, model, "*"];
    const name = names.find((it) => it && this.#models.has(it));
    return own ?? (name === undefined ? undefined : this.#models.get(name));
  }
}

/** Hints for prices that stand one level too high. */
function slashed(prices: object): Record<string, string> {
  const names = Object.keys(prices).filter((name) => name.includes("/") || name === "*");
  return Object.fromEntries(names.map((name) => [name, "give it within models or deployments"]));
}

function rulesOf(
  where: string,
  prices: Readonly<Record<string, Price>>,
  hardware: Readonly<Record<string, number>>,
): Map<string, Rule> {
  const rules = new Map<string, Rule>();
  for (const [name, price] of Object.entries(prices)) {
    rules.set(name, ruleOf(`${where}${shownKey(name)}`, price, hardware));
  }
  return rules;
}

function ruleOf(where: string, price: Price, hardware: Readonly<Record<string, number>>): Rule {
  if (typeof price !== "object" || price === null) {
    throw new TypeError(
      `Cannot use ${typeof price} as ${where}: give { perRun }, { hardware } or the price of a metric`,
    );
  }
  const { hardware: kind, perRun, estimate, ...rest } = price;
  const metrics: [string, number][] = [];
  for (const [name, each] of Object.entries(rest)) {
    if (each === undefined) continue;
    checkName(name, where);
    checkAmount(each, `${where}.${name}`);
    metrics.push([name, each as number]);
  }
  if (kind !== undefined) metrics.push(["predict_time", perSecond(kind, where, hardware)]);
  if (perRun !== undefined) checkAmount(perRun, `${where}.perRun`);
  if (estimate !== undefined) checkAmount(estimate, `${where}.estimate`);
  if (perRun === undefined && metrics.length === 0) {
    throw new TypeError(
      `Cannot use ${where}: give { perRun }, { hardware } or the price of a metric`,
    );
  }
  return { perRun: perRun ?? 0, metrics, estimate };
}

/** The API writes its metrics in snake_case: any other name is a mistake. */
function checkName(name: string, where: string): void {
  if (!/[A-Z]/.test(name)) return;
  const near = nearest(name, OWN);
  const advice = near ? `: did you mean ${near}?` : ": a metric has a name such as predict_time";
  throw new TypeError(`Cannot use ${where}: there is no option ${name}${advice}`);
}

function perSecond(
  kind: unknown,
  where: string,
  hardware: Readonly<Record<string, number>>,
): number {
  if (typeof kind === "string" && Object.hasOwn(hardware, kind)) return hardware[kind]!;
  const names = Object.keys(hardware).map((name) => JSON.stringify(name)).join(", ");
  throw new TypeError(
    `Cannot use ${JSON.stringify(kind)} as ${where}.hardware: ` +
      (names ? `prices.hardware has ${names}` : "give its price in prices.hardware"),
  );
}

/**
 * Checks an amount of money.
 *
 * @throws {RangeError} If it is not a number of 0 or more.
 */
export function checkAmount(value: unknown, name: string): void {
  if (typeof value === "number" && value >= 0 && value < Infinity) return;
  throw new RangeError(`Cannot use ${value} as ${name}: give an amount of 0 or more`);
}

function shownKey(name: string): string {
  return `[${JSON.stringify(name)}]`;
}
