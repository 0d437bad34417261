/**
 * Measures the time that a program on Node waits before it has a client: `deno run --allow-all bench/import_bench.ts`,
 * once `npm/` is built.
 *
 * Prints milliseconds from before the import until the client is there, over those for an empty module:
 * medians of processes of their own, which take turns. The official client is measured beside it.
 */

import { node, NODES } from "../tests/runtimes/programs.ts";

const SAMPLES = 25;
const OFFICIAL = "replicate@1.4.0";

/** A module to load, and the code that uses it: `it` is the module. */
interface Case {
  name: string;
  specifier: string;
  use: string;
}

const EMPTY: Case = { name: "an empty module", specifier: "empty", use: "it" };
const OURS: Case[] = [
  { name: "Client", specifier: "@x/replicate", use: 'new it.Client({ auth: "r8_bench" })' },
  { name: "./webhooks", specifier: "@x/replicate/webhooks", use: "it.verifyWebhook" },
];
const THEIRS: Case = {
  name: OFFICIAL,
  specifier: "replicate",
  use: 'new (it.default ?? it)({ auth: "r8_bench" })',
};

const dir = await Deno.makeTempDir();
try {
  const cases = [EMPTY, ...OURS];
  if (await install(OFFICIAL)) cases.push(THEIRS);
  else console.log(`${OFFICIAL} is left out, as it cannot be had from npm`);
  await Deno.mkdir(`${dir}/node_modules/@x`, { recursive: true });
  await Deno.symlink(await Deno.realPath("npm"), `${dir}/node_modules/@x/replicate`);
  await writeEmpty(`${dir}/node_modules/empty`);
  await measure(cases);
} finally {
  await Deno.remove(dir, { recursive: true });
}

async function measure(cases: Case[]): Promise<void> {
  const program = await node(NODES[0]);
  const times: Record<string, number[]> = {};
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const it of cases) {
      for (const kind of ["import", "require"]) {
        (times[`${it.name} ${kind}`] ??= []).push(await timeOf(program, it, kind));
      }
    }
  }
  console.log(`Node ${NODES[0]}, ms over an empty module`.padEnd(42), "import", "require");
  for (const { name } of cases) {
    const [esm, cjs] = ["import", "require"].map((kind) => {
      const base = name === EMPTY.name ? 0 : median(times[`${EMPTY.name} ${kind}`]!);
      return (median(times[`${name} ${kind}`]!) - base).toFixed(1);
    });
    console.log(name.padEnd(42), esm!.padStart(6), cjs!.padStart(7));
  }
}

/** Milliseconds in one process. */
async function timeOf(program: string, { specifier, use }: Case, kind: string): Promise<number> {
  const load = kind === "import" ? `await import("${specifier}")` : `require("${specifier}")`;
  const path = `${dir}/main.${kind === "import" ? "mjs" : "cjs"}`;
  await Deno.writeTextFile(
    path,
    `const begun = performance.now(); const it = ${load}; ${use};
     console.log(performance.now() - begun);`,
  );
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [path] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return Number(new TextDecoder().decode(stdout));
}

async function writeEmpty(folder: string): Promise<void> {
  const exports = { import: "./empty.mjs", require: "./empty.cjs" };
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ name: "empty", exports }));
  for (const path of Object.values(exports)) await Deno.writeTextFile(`${folder}/${path}`, "");
}

/** Installs a package, and says whether that went well. */
async function install(name: string): Promise<boolean> {
  await Deno.writeTextFile(`${dir}/package.json`, "{}");
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["add", "--quiet", `npm:${name}`],
    cwd: dir,
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
