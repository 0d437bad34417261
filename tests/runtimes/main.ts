/**
 * Runs the checks on every runtime, and prints a table. Needs the built package in `npm/`.
 *
 * `deno run -A tests/runtimes/main.ts bun 'node, require'` runs those whose names contain one of these.
 *
 * @module
 */
import { writeConsumers } from "./consumers.ts";
import { writeExamples } from "./documents.ts";
import { bundleChecks, bundleFiles, installPackage } from "./package.ts";
import { type Outcome, type Target, targets } from "./targets.ts";

interface Row extends Outcome {
  name: string;
  seconds: number;
}

const begun = performance.now();
const dir = await Deno.makeTempDir({ prefix: "replicate-runtimes-" });
const rows: Row[] = [];
try {
  await writeConsumers(dir);
  await installPackage(dir);
  await writeExamples(dir);
  await Promise.all([bundleChecks(dir), bundleFiles(dir)]);
  const wanted = Deno.args.map((it) => it.toLowerCase());
  const waiting = (await targets()).filter(({ name }) =>
    wanted.length === 0 || wanted.some((it) => name.toLowerCase().includes(it))
  );
  // The checks wait more than they work.
  const lanes = Array.from({ length: navigator.hardwareConcurrency + 2 }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) rows.push(await time(next));
  });
  await Promise.all(lanes);
} finally {
  await Deno.remove(dir, { recursive: true });
}
report();

async function time(target: Target): Promise<Row> {
  const start = performance.now();
  const outcome = await target.run(dir).catch((error: Error): Outcome => ({
    version: "",
    results: [{ name: "start", ok: false, error: error.message }],
  }));
  return { name: target.name, ...outcome, seconds: (performance.now() - start) / 1000 };
}

function report(): void {
  rows.sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
  console.log(`${"runtime".padEnd(26)}${"version".padEnd(18)}${"checks".padEnd(12)}time`);
  for (const { name, version, results, skipped, seconds } of rows) {
    const good = results.filter(({ ok }) => ok).length;
    const count = skipped ? "skipped" : `${good}/${results.length} ok`;
    const time = skipped ?? `${seconds.toFixed(1)}s`;
    console.log(`${name.padEnd(26)}${version.padEnd(18)}${count.padEnd(12)}${time}`);
  }
  const all = rows.flatMap(({ name, results }) => results.map((it) => ({ ...it, where: name })));
  const bad = all.filter(({ ok }) => !ok);
  for (const { where, name, error } of bad) console.log(`\n${where}: ${name}: ${error}`);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`\n${all.length - bad.length} passed | ${bad.length} failed (${seconds}s)`);
  if (bad.length > 0) Deno.exit(1);
}
