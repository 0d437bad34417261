/**
 * Makes many calls through one client, on Deno, Node and Bun, and shows that nothing grows: heap,
 * timers, listeners and sockets. A row that breaks a bound fails the run.
 *
 * `deno task soak` runs it in full; `deno task soak -- --scale 0.01 --on deno` is a small one.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { bun, node, NODES } from "../runtimes/programs.ts";
import type { Sizes } from "./phases.ts";
import type { Row } from "./soak.ts";

/** The calls of a whole soak. */
const FULL: Sizes = { memory: 100_000, socket: 20_000, once: 10_000, batch: 50_000, minutes: 60 };
/** The megabytes that a heap may grow by from when it is warm to the end. */
const GROWTH = 12;

const { values } = parseArgs({
  args: Deno.args.filter((it) => it !== "--"),
  options: {
    scale: { type: "string", default: "1" },
    on: { type: "string", default: "deno,node,bun" },
  },
});
const scale = Number(values.scale);
const sizes = Object.fromEntries(
  Object.entries(FULL).map(([name, size]) => [name, Math.max(1, Math.round(size * scale))]),
);
const entry = `${import.meta.dirname}/soak.ts`;
const file = await Deno.makeTempFile({ suffix: ".mjs" });
const [newest] = NODES.toReversed();

/** The programs, each with its arguments. */
const RUNTIMES: Record<string, () => Promise<[string, string[]]>> = {
  deno: () => {
    const flags = ["run", "--quiet", "--no-check", "--allow-all", "--v8-flags=--expose-gc", entry];
    return Promise.resolve([Deno.execPath(), flags]);
  },
  node: async () => [await node(newest!), ["--expose-gc", file]],
  bun: async () => [await bun(), [file]],
};

let bad = 0;
try {
  await run(Deno.execPath(), ["bundle", "--quiet", "--output", file, entry]);
  console.log(
    `${"runtime".padEnd(9)}${"calls".padEnd(36)}${"time".padStart(8)}${"heap MB".padStart(16)}` +
      `${"timers".padStart(8)}${"listeners".padStart(11)}${"sockets".padStart(10)}${
        "stall".padStart(9)
      }`,
  );
  for (const name of values.on.split(",")) {
    const [program, args] = await RUNTIMES[name]!();
    const out = await run(program, [...args, JSON.stringify(sizes)]);
    for (const line of out.trim().split("\n")) report(name, JSON.parse(line));
  }
} finally {
  await Deno.remove(file);
}
console.log(`\n${bad} rows out of bounds`);
if (bad > 0) Deno.exit(1);

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  const [out, error] = [stdout, stderr].map((it) => new TextDecoder().decode(it));
  if (!success) throw new Error(`Cannot run ${program}:\n${out}\n${error}`);
  return out!;
}

function report(runtime: string, row: Row): void {
  const { name, count, wrong, seconds, heap: [warm, end], timers, listeners, sockets, stall } = row;
  const isBad = wrong > 0 || timers > 0 || listeners > 0 || end > warm + GROWTH;
  if (isBad) bad++;
  const calls = `${count} ${name}${wrong > 0 ? `, ${wrong} WRONG` : ""}`;
  console.log(
    `${runtime.padEnd(9)}${calls.padEnd(36)}${`${seconds} s`.padStart(8)}${
      `${warm} to ${end}`.padStart(16)
    }${String(timers).padStart(8)}${String(listeners).padStart(11)}${sockets.padStart(10)}${
      `${stall} ms`.padStart(9)
    }${isBad ? "  OUT OF BOUNDS" : ""}`,
  );
}
