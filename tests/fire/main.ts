/**
 * Runs programs of callers against a server full of faults, and checks the rules that have to hold.
 *
 * `deno task fire -- --seconds 60 [--seed n]`; with `--seed` only the program of that seed is run, and
 * with `--only 3,7` just these calls of it. `--fixed` runs a few seeds that are always the same, and
 * then random ones. `--all` shows what is known as well. `--calls` is the size of a program, `--shrink`
 * the seconds that it may take to make one smaller.
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { knownAs } from "./known.ts";
import { programOf } from "./program.ts";
import { shrink, told } from "./shrink.ts";
import { simulate } from "./simulate.ts";

/** The seeds that are run each time. */
const FIXED = [1, 2, 3];

const { values } = parseArgs({
  args: process.argv.slice(2).filter((it) => it !== "--"),
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    fixed: { type: "boolean", default: false },
    only: { type: "string" },
    all: { type: "boolean", default: false },
    calls: { type: "string", default: "40" },
    shrink: { type: "string", default: "20" },
  },
});

const seconds = Number(values.seconds);
const size = Number(values.calls);
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const fixed = values.fixed ? [...FIXED] : [];
const begun = performance.now();
const kinds = new Map<string, number>();
const known = new Map<string, number>();
const total = { programs: 0, calls: 0, requests: 0, jobs: 0, faults: 0, checks: 0, violations: 0 };
const memory: number[] = [];

for (let n = 0; performance.now() - begun < seconds * 1000; n++) {
  const seed = fixed.shift() ?? first + n - (values.fixed ? FIXED.length : 0);
  const whole = programOf(seed, size);
  const only = values.only?.split(",").map(Number);
  const program = { ...whole, calls: whole.calls.filter(({ n }) => only?.includes(n) ?? true) };
  if (only) console.log(told(program));
  const outcome = await simulate(program);
  total.programs++;
  total.calls += program.calls.length;
  total.requests += outcome.requests;
  total.jobs += outcome.jobs;
  total.faults += outcome.faults.length;
  total.checks += outcome.checks;
  for (const { op, kind } of outcome.faults) count(kinds, `${op} ${kind}`);
  memory.push(process.memoryUsage().heapUsed);
  const bad = values.all ? outcome.violations : outcome.violations.filter((violation) => {
    const entry = knownAs(violation, program, outcome.violations);
    if (entry) count(known, `${entry.name}: ${entry.reason}`);
    return !entry;
  });
  total.violations += bad.length;
  const rules = new Set<string>();
  for (const violation of bad) {
    console.error(`\nVIOLATION ${violation.rule}: ${violation.detail}\n  seed ${seed}`);
    if (rules.has(violation.rule)) continue;
    rules.add(violation.rule);
    const small = await shrink(program, violation, Number(values.shrink));
    console.error(`  in ${small.runs} runs it became:\n${indented(told(small.program))}`);
    console.error(`  which shows: ${small.violation.detail}`);
  }
  if (values.seed !== undefined && !values.fixed) break;
}
report();
process.exit(total.violations > 0 ? 1 : 0);

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function indented(text: string): string {
  return text.split("\n").map((line) => `    ${line}`).join("\n");
}

function report(): void {
  console.log("faults:");
  const sorted = [...kinds].sort(([a], [b]) => a < b ? -1 : 1);
  for (const op of new Set(sorted.map(([key]) => key.split(" ")[0]!))) {
    const own = sorted.filter(([key]) => key.startsWith(`${op} `));
    console.log(`  ${op}: ${own.map(([key, n]) => `${key.slice(op.length + 1)} ${n}`).join(", ")}`);
  }
  for (const [reason, n] of known) console.log(`known: ${n} x ${reason}`);
  const mb = memory.map((bytes) => Math.round(bytes / 1e6));
  console.log(
    `${total.programs} programs, ${total.calls} calls, ${total.requests} requests, ${total.jobs} jobs, ` +
      `${total.faults} faults of ${kinds.size} kinds, ${total.checks} checks, ` +
      `${total.violations} violations; heap ${Math.min(...mb)} to ${Math.max(...mb)} MB; ` +
      `seed ${first}; ${((performance.now() - begun) / 1000).toFixed(1)} s`,
  );
}
