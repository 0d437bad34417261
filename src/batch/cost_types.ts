/** The types of a meter: its options, and what it tells. */

import type { Ref } from "../base/ref.ts";
import type { Budget } from "./budget.ts";
import type { UnknownCost } from "./cost_sheet.ts";
import type { Prices } from "./price.ts";
import type { CostStore } from "./types.ts";

/** The options of `costMeter`. */
export interface CostMeterOptions {
  /** The prices. They are yours: the API has none. */
  prices: Prices;
  /** The most that may be spent; a number is the most in all. Default: no limit. */
  budget?: number | Budget | undefined;
  /**
   * The store of all amounts, by which meters in several processes share them, and the budget with them.
   * Default: memory, which ends with the meter.
   */
  store?: CostStore | undefined;
}

/** The filter of a total. */
export interface CostFilter {
  /** The tag of the runs. Default: all tags. */
  tag?: string | undefined;
  /** The day on which they were created: a `Date`, or text such as `2026-01-31`, by UTC. Default: all. */
  day?: string | Date | undefined;
}

/** The sum of the runs that have ended. */
export interface CostSum {
  /** The amount that is known to have been spent. */
  amount: number;
  /** The number of runs. */
  runs: number;
  /** The number of runs with a cost that is not known, or not in full. */
  unknownRuns: number;
}

/** The sum of the runs that were counted, and of those that go on. */
export interface CostTotal extends CostSum {
  /** The runs of unknown cost: at most the latest 100 of each day. */
  unknown: UnknownCost[];
  /** The number of runs that have not ended, as far as the meter knows. */
  open: number;
  /** The amount that is set aside for those. */
  reserved: number;
}

/** The sum of the runs of a day under a tag. */
export interface CostRow extends CostSum {
  /** The day on which they were created, as `2026-01-31`, by UTC. */
  day: string;
  /** The tag. */
  tag: string;
}

/** The likely cost of runs that are to be created. */
export interface CostEstimate {
  /** The likely amount in all; `undefined` where nothing is known. */
  amount: number | undefined;
  /**
   * The lower bound: 19 of 20 such batches would end between the bounds, by what was seen. `undefined` where
   * fewer than two runs were seen.
   */
  low: number | undefined;
  /** The upper bound: see `low`. */
  high: number | undefined;
  /** The number of runs that it is for. */
  runs: number;
  /**
   * The base of it: `price`, where each run costs the same; `seen`, the mean of runs that were counted;
   * `given`, the `estimate` of the price; or `nothing`.
   */
  by: "price" | "seen" | "given" | "nothing";
  /** The number of runs that were seen. Of fewer than 10 the bounds say little. */
  seen: number;
}

/** The run that is about to be created. */
export interface CostSubject {
  /** The ref. */
  ref: Ref;
  /** The name under which it is counted. Default `""`. */
  tag?: string | undefined;
}

/** A run that was set aside. */
export interface CostEntry {
  /** The key of it, for {@linkcode CostMeter.drop}. */
  readonly key: string;
  /** Notes the prediction that came of it, by whose id its end is counted. */
  created(id: string): Promise<void>;
  /** Takes it back, as nothing was created. */
  drop(): Promise<void>;
}

/** A run that was set aside, and has not been counted. */
export interface OpenCost {
  /** The key of it, for {@linkcode CostMeter.drop}. */
  key: string;
  /** The id of its prediction; `undefined` while the create is under way, or if its answer was lost. */
  id: string | undefined;
  /** The model or deployment. */
  model: string;
  /** The name under which it is counted. */
  tag: string;
  /** The moment at which it was set aside. */
  since: Date;
  /** The amount that is set aside. */
  amount: number;
}
