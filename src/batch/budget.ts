/** The budget of a meter, and the error of a create that would pass it. */

import { checkKeys } from "../base/check.ts";
import { rename, ReplicateError, seeHelp } from "../errors.ts";
import { checkAmount } from "./price.ts";

/** The most that may be spent. */
export interface Budget {
  /** The most in all. Default: no limit. */
  total?: number | undefined;
  /** The most for the runs that are created on one day, by UTC. Default: no limit. */
  perDay?: number | undefined;
}

/** The amounts that a budget is compared with. */
export interface BudgetAmounts {
  /** The most that may be spent. */
  budget: number;
  /** The amount spent. A run of unknown cost counts as what was set aside for it. */
  spent: number;
  /** The amount set aside for the runs that have not ended. */
  reserved: number;
  /** The likely cost of this run. */
  estimate: number;
  /** The day, if the budget is one for a day. */
  day?: string | undefined;
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
  /** The day as `2026-01-31`, if the budget is one for a day. */
  readonly day: string | undefined;
  /** The amount spent. A run of unknown cost counts as what was set aside for it. */
  readonly spent: number;
  /** The amount set aside for the runs that have not ended. */
  readonly reserved: number;
  /** The likely cost of this run. */
  readonly estimate: number;

  /**
   * Words the message.
   *
   * @param model The model that was to be run.
   * @param amounts The budget, and the amounts that would have passed it.
   */
  constructor(model: string, amounts: BudgetAmounts) {
    const { budget, spent, reserved, estimate, day } = amounts;
    super(
      `Cannot run ${model}: it would pass the budget of ${amountText(budget)}` +
        `${day === undefined ? "" : ` for ${day}`}, as ${amountText(spent)} is spent, ` +
        `${amountText(reserved)} is set aside for what runs, and ${amountText(estimate)} is ` +
        `likely for this${seeHelp("BudgetExceededError")}`,
    );
    this.budget = budget;
    this.day = day;
    this.spent = spent;
    this.reserved = reserved;
    this.estimate = estimate;
  }
}

/**
 * A budget, checked. A number is one in all.
 *
 * @throws {RangeError | TypeError} If it cannot be used.
 */
export function budgetOf(given: number | Budget | undefined): Budget {
  if (typeof given === "number") return budgetOf({ total: given });
  if (given === undefined) return {};
  if (typeof given !== "object" || given === null) {
    throw new TypeError("Cannot use this as budget: give { total }, { perDay } or both");
  }
  checkKeys(given, ["total", "perDay"], "use budget");
  const { total, perDay } = given;
  if (total !== undefined) checkAmount(total, "budget.total");
  if (perDay !== undefined) checkAmount(perDay, "budget.perDay");
  return { total, perDay };
}

function amountText(amount: number): string {
  return String(Number(amount.toPrecision(6)));
}
