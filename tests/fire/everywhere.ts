/**
 * Runs the callers and the faults on Deno, Node and Bun, one after the other:
 * `deno task fire:all -- --seconds 60 [--on node,bun]`.
 *
 * @module
 */

import { bun, node, NODES } from "../runtimes/programs.ts";

const given = Deno.args.filter((it) => it !== "--");
const at = given.indexOf("--on");
const [, on = "deno,node,bun"] = at < 0 ? [] : given.splice(at, 2);
const entry = `${import.meta.dirname}/main.ts`;
const file = await Deno.makeTempFile({ suffix: ".mjs" });

/** The programs, each with its arguments. */
const RUNTIMES: Record<string, () => Promise<[string, string[]]>> = {
  deno: () => Promise.resolve([Deno.execPath(), ["run", "--quiet", "--no-check", "-A", entry]]),
  node: async () => [await node(NODES[0]), [file]],
  bun: async () => [await bun(), [file]],
};

let worst = 0;
try {
  const bundle = ["bundle", "--quiet", "--output", file, entry];
  const { success } = await new Deno.Command(Deno.execPath(), { args: bundle }).spawn().status;
  if (!success) throw new Error(`Cannot bundle ${entry}`);
  for (const name of on.split(",")) {
    console.log(`\n${name}`);
    const [program, args] = await RUNTIMES[name]!();
    const child = new Deno.Command(program, { args: [...args, ...given] }).spawn();
    worst = Math.max(worst, (await child.status).code);
  }
} finally {
  await Deno.remove(file);
}
Deno.exit(worst);
