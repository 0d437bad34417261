/** Makes a program that shows something smaller, by running smaller ones. */

import type { CallPlan, Program } from "./program.ts";
import { simulate, type Violation } from "./simulate.ts";

/** The smallest program that was found, and what it shows. */
export interface Shrunk {
  program: Program;
  violation: Violation;
  runs: number;
}

/**
 * Leaves calls, faults and jumps out for as long as the same rule is broken.
 *
 * @param seconds The time to spend on it.
 */
export async function shrink(
  program: Program,
  violation: Violation,
  seconds: number,
): Promise<Shrunk> {
  const end = performance.now() + seconds * 1000;
  let best: Shrunk = { program, violation, runs: 0 };
  const attempt = async (smaller: Program): Promise<boolean> => {
    if (performance.now() > end) return false;
    best.runs++;
    const { violations } = await simulate(smaller);
    const found = violations.find(({ rule }) => rule === violation.rule);
    if (found) best = { program: smaller, violation: found, runs: best.runs };
    return found !== undefined;
  };
  // The call that showed it, alone: most often that is enough.
  const own = program.calls.find(({ n }) => n === violation.call);
  if (own) {
    await attempt({ ...program, calls: [own] }) || await attempt({ ...program, calls: [own] });
  }
  await halves(() => best.program.calls, (calls) => attempt({ ...best.program, calls }));
  for (const call of best.program.calls) {
    const withFaults = (faults: CallPlan["faults"]): Promise<boolean> =>
      attempt({
        ...best.program,
        calls: best.program.calls.map((it) => it.n === call.n ? { ...it, faults } : it),
      });
    await halves(
      () => best.program.calls.find(({ n }) => n === call.n)?.faults ?? [],
      withFaults,
    );
  }
  if (best.program.jumps.length > 0) await attempt({ ...best.program, jumps: [] });
  if (best.program.skew !== 0) await attempt({ ...best.program, skew: 0 });
  if (best.program.concurrency) await attempt({ ...best.program, concurrency: undefined });
  if (best.program.budget) await attempt({ ...best.program, budget: undefined });
  return best;
}

/** Leaves parts of a list out: first half of it, then a quarter, at last single items. */
async function halves<T>(
  list: () => readonly T[],
  attempt: (smaller: T[]) => Promise<boolean>,
): Promise<void> {
  for (
    let size = Math.ceil(list().length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < list().length;) {
      const smaller = [...list().slice(0, at), ...list().slice(at + size)];
      const isLess = smaller.length < list().length && (smaller.length > 0 || size === 1);
      if (!isLess || !await attempt(smaller)) at += size;
    }
  }
}

/** The most calls of a program that are told: the seed makes a longer one again. */
const MOST = 6;

/** A program in words: a line for each step. */
export function told({ seed, calls, jumps, skew, concurrency, budget }: Program): string {
  const lines = [`seed ${seed}`];
  for (const { at, by } of jumps) lines.push(`at ${at} ms the clock jumps by ${by} ms`);
  if (skew) lines.push(`the server's clock is ${skew} ms ahead`);
  if (concurrency) lines.push(`the limiter lets ${concurrency} requests go at once`);
  if (budget) lines.push(`the server's budget is ${budget}`);
  if (calls.length > MOST) return [...lines, `${calls.length} calls`].join("\n");
  for (const { n, kind, at, ref, job, leave, faults, kills, inputs, slowMs, vary } of calls) {
    lines.push(
      `at ${at} ms call ${n}: ${kind} of ${ref} (vary ${vary})` +
        (kind === "batch" ? `, ${inputs} inputs` : "") +
        (slowMs ? `, ${slowMs} ms an item` : "") +
        `; the job takes ${job.startMs} + ${job.runMs} ms, ${job.tokens.length} tokens as ` +
        `${job.shape}, ${job.fate}${job.odd ? `, ${job.odd}` : ""}` +
        (job.ids === false ? ", no ids" : job.ids === undefined ? ", no stream" : ""),
    );
    for (const { op, nth, kind, arg } of faults) lines.push(`  ${op} ${nth}: ${kind} ${arg}`);
    for (const kill of kills) lines.push(`  killed after ${kill} ms`);
    if (leave) {
      const { how, ms, op, micro } = leave;
      lines.push(op ? `  ${how}: ${micro} microtasks after ${op}` : `  ${how} after ${ms} ms`);
    }
  }
  return lines.join("\n");
}
