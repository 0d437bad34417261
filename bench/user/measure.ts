/** Contenders that take turns in one process, and the ratio of each to the first of them. */

import process from "node:process";

/** Somebody who does the same work. */
export interface Contender {
  name: string;
  /** Does the work once; the result is looked at before its time counts. */
  run(): Promise<unknown>;
  /** `true` for one that is so slow that a single run has to do. */
  once?: boolean;
}

/** A comparison: the first contender is the base, and is measured twice. */
export interface Comparison {
  name: string;
  /** CPU time of this process, or the time on the wall. */
  of: "cpu" | "wall";
  /** `time` is over that of the base; `rate` is how many times as fast as the base. */
  as: "time" | "rate";
  /** How often each does its work in a round. */
  times: number;
  rounds: number;
  /** Throws if a result is not what it should be. */
  check(result: unknown, who: string): void;
  contenders: Contender[];
}

/** The result of one contender. */
export interface Result {
  row: string;
  who: string;
  /** The median of the ratios of the rounds, and the quartiles around it. */
  ratio: number;
  low: number;
  high: number;
  /** The median time of one run, in microseconds. */
  us: number;
  of: Comparison["of"];
  as: Comparison["as"];
}

/** The name that the base has where it is measured for the second time. */
export const AGAIN = "the same again";

/** The least number of runs of each that warm up what a runtime compiles, and do not count. */
const WARM_UP = 1000;

/**
 * Runs all contenders, A B C, B C A, C A B: who comes after whom changes, as the garbage of one is
 * collected in the time of the next.
 */
export async function compare(it: Comparison): Promise<Result[]> {
  const [base] = it.contenders;
  const contenders = [...it.contenders, { ...base!, name: AGAIN }];
  const times = new Map<string, number[]>();
  const ratios = new Map<string, number[]>();
  const warmUp = Math.min(Math.max(Math.ceil(WARM_UP / it.times), 2), it.rounds);
  for (let round = -warmUp; round < it.rounds; round++) {
    const spent = new Map<string, number>();
    for (let place = 0; place < contenders.length; place++) {
      const { name, run, once } = contenders[(place + warmUp + round) % contenders.length]!;
      if (once && round !== 0) continue;
      const { us, result } = await timed(it.of, once ? 1 : it.times, run);
      it.check(result, name);
      spent.set(name, us);
    }
    if (round < 0) continue;
    const first = spent.get(base!.name)!;
    for (const [name, us] of spent) {
      add(times, name, us);
      add(ratios, name, it.as === "time" ? us / first : first / us);
    }
  }
  return contenders.slice(1).concat(base!).map(({ name }) => {
    const [low, ratio, high] = quartiles(ratios.get(name)!);
    const [, us] = quartiles(times.get(name)!);
    return { row: it.name, who: name, ratio, low, high, us, of: it.of, as: it.as };
  });
}

async function timed(
  of: Comparison["of"],
  times: number,
  run: Contender["run"],
): Promise<{ us: number; result: unknown }> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let result: unknown;
  for (let count = 0; count < times; count++) result = await run();
  const wall = (performance.now() - begun) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { us: (of === "cpu" ? user + system : wall) / times, result };
}

function add(lists: Map<string, number[]>, name: string, value: number): void {
  lists.set(name, [...lists.get(name) ?? [], value]);
}

function quartiles(values: number[]): [low: number, median: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)]!;
  return [at(0.25), at(0.5), at(0.75)];
}
