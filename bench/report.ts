/** The table of the benchmarks, as text for a terminal and as Markdown. */

import type { RecoveryResult } from "./limiter_bench.ts";
import type { StartResult } from "./import_bench.ts";
import { AGAIN, type Result } from "./user/measure.ts";

/** All that `deno task bench` measures. */
export interface Report {
  date: string;
  command: string;
  machine: string;
  /** The load of the machine over one minute, before and after. */
  load: [number, number];
  /** By runtime and version, such as `Node 20.20.2`. */
  runtimes: Record<string, Result[]>;
  recovery: RecoveryResult[];
  start: StartResult[];
  sizes: SizeResult[];
}

/** The bytes of a program that imports something, minified and gzipped. */
export interface SizeResult {
  name: string;
  gzip: number;
}

type Row = string[];

/** The report as Markdown: a section for each kind of measurement. */
export function markdown(report: Report): string {
  const load = report.load.map((it) => it.toFixed(1)).join(" to ");
  return `# Benchmarks

\`${report.command}\` on ${report.date.slice(0, 10)}, on ${report.machine}, with a load of ${load}.

The server is a process of its own. On each runtime all contenders take turns in one process, and the
result of each is checked before its time counts. A number is the median of the rounds, with the
quartiles in parentheses. The base is measured twice: "${AGAIN}" shows the noise.

"fetch with the same safety" is written by hand: a controller, a timer for the headers and one for the
whole answer, no redirect, the token, and on Deno a body that is not sent twice. "and no answer lost" also
reads the answer so that a part of it is not lost, as a create of ours does. "one by one" is the least
iterator over items. They are the limits of what can be reached, and what is above them is the rest: retries,
the rate limit, checks and errors.

${calls(report)}
## Recovery from refusals

100 calls at once, on Deno.

${table(["case", "caller", "seconds", "requests", "failed"], report.recovery.map(recovery))}
## Start and size

Milliseconds from before the import until there is a client, on Node, over those for an empty module:

${table(["module", "import", "require"], report.start.map(start))}
Bundles for browsers, minified and gzipped:

${table(["bundle", "kB"], report.sizes.map(({ name, gzip }) => [name, (gzip / 1000).toFixed(1)]))}`
    .trimEnd() + "\n";
}

/** A Markdown table, whose columns stand in line on a terminal too. */
export function table(head: Row, rows: Row[]): string {
  const widths = head.map((_, at) =>
    Math.max(3, ...[head, ...rows].map((row) => row[at]?.length ?? 0))
  );
  const line = (row: Row): string =>
    `| ${widths.map((width, at) => (row[at] ?? "").padEnd(width)).join(" | ")} |\n`;
  return [head, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("");
}

function calls({ runtimes }: Report): string {
  const names = Object.keys(runtimes);
  const all = Object.values(runtimes).flat();
  let text = "";
  for (const row of new Set(all.map((it) => it.row))) {
    const [first] = all.filter((it) => it.row === row);
    const base = all.find((it) => it.row === row && it.ratio === 1 && it.low === it.high)?.who;
    const what = first!.as === "rate"
      ? `Times as fast as ${base}: more is better`
      : `${first!.of === "cpu" ? "CPU time" : "Time"} over that of ${base}: less is better`;
    const rows = [...new Set(all.filter((it) => it.row === row).map((it) => it.who))]
      .filter((who) => who !== base)
      .map((who) => [
        who,
        ...names.map((name) =>
          cell(runtimes[name]!.find((it) => it.row === row && it.who === who))
        ),
      ]);
    text += `## ${row}\n\n${what}.\n\n${table(["", ...names], rows)}\n`;
  }
  return text;
}

function cell(result: Result | undefined): string {
  if (!result) return "";
  const text = (value: number): string => value.toPrecision(value < 0.1 ? 1 : 3);
  return `${text(result.ratio)} (${text(result.low)}-${text(result.high)})`;
}

function recovery({ name, caller, seconds, requests, failed }: RecoveryResult): Row {
  return [name, caller, seconds.toFixed(1), String(requests), String(failed)];
}

function start({ name, esm, cjs }: StartResult): Row {
  return [name, esm.toFixed(1), cjs.toFixed(1)];
}
