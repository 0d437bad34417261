/**
 * The start-up of `replicate --help` over that of an empty script, on Deno from source, and on Node and
 * Bun from the package in `npm/`: the goal is 60 ms. The runs alternate; the least of each counts.
 *
 * `deno run --allow-all bench/cli_start_bench.ts`
 *
 * @module
 */

const ROUNDS = 15;
const source = new URL("../src/cli/mod.ts", import.meta.url).pathname;
const config = new URL("../deno.json", import.meta.url).pathname;
const program = new URL("../npm/cli/bin.js", import.meta.url).pathname;
const empty = await Deno.makeTempFile({ suffix: ".mjs" });

const bun = new TextDecoder().decode(
  (await new Deno.Command(Deno.execPath(), {
    args: ["x", "-q", "bun@1.4.5", "-e", "console.log(process.execPath)"],
  }).output()).stdout,
).trim();
const deno = [Deno.execPath(), "run", "-A", "--no-check", "--config", config];
const pairs: [name: string, base: string[], ours: string[]][] = [
  ["Deno", [...deno, empty], [...deno, source, "--help"]],
  ["Node", ["node", empty], ["node", program, "--help"]],
  ["Bun", [bun, empty], [bun, program, "--help"]],
];

async function time([command = "", ...args]: string[]): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (!success) throw new Error(`Cannot run ${command} ${args.join(" ")}`);
  return performance.now() - start;
}

const times = new Map<string, [base: number[], ours: number[]]>();
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, base, ours] of pairs) {
    const both = [await time(base), await time(ours)];
    // The first round fills caches.
    if (round === 0) continue;
    const list = times.get(name) ?? [[], []];
    list.forEach((it, at) => it.push(both[at]!));
    times.set(name, list);
  }
}
console.log("runtime   empty   --help   more");
for (const [name, lists] of times) {
  const [base, ours] = lists.map((it) => Math.min(...it)) as [number, number];
  const cells = [base, ours, ours - base].map((it) => it.toFixed(0).padStart(5));
  console.log(`${name.padEnd(8)}${cells[0]} ms ${cells[1]} ms ${cells[2]} ms`);
}
await Deno.remove(empty);
