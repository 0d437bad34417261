/**
 * Measures the time that a program on Node waits before it has a client: `deno run --allow-all bench/import_bench.ts`,
 * once `npm/` is built.
 *
 * Gives milliseconds from before the import until the client is there, over those for an empty module:
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

/** Milliseconds over an empty module, by the way in which a module is loaded. */
export interface StartResult {
  name: string;
  esm: number;
  cjs: number;
}

/** Loads each module so often, in turns. */
export async function measureStart(samples: number): Promise<StartResult[]> {
  const dir = await Deno.makeTempDir();
  try {
    const cases = [EMPTY, ...OURS];
    if (await install(dir, OFFICIAL)) cases.push(THEIRS);
    else console.error(`${OFFICIAL} is left out, as it cannot be had from npm`);
    await Deno.mkdir(`${dir}/node_modules/@x`, { recursive: true });
    await Deno.symlink(await Deno.realPath("npm"), `${dir}/node_modules/@x/replicate`);
    await writeEmpty(`${dir}/node_modules/empty`);
    return await measure(dir, cases, samples);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function measure(dir: string, cases: Case[], samples: number): Promise<StartResult[]> {
  const program = await node(NODES[0]);
  const times: Record<string, number[]> = {};
  for (let sample = 0; sample < samples; sample++) {
    for (const it of cases) {
      for (const kind of ["import", "require"]) {
        (times[`${it.name} ${kind}`] ??= []).push(await timeOf(dir, program, it, kind));
      }
    }
  }
  const over = (name: string, kind: string): number =>
    median(times[`${name} ${kind}`]!) - median(times[`${EMPTY.name} ${kind}`]!);
  return cases.slice(1).map(({ name }) => ({
    name,
    esm: over(name, "import"),
    cjs: over(name, "require"),
  }));
}

/** Milliseconds in one process. */
async function timeOf(
  dir: string,
  program: string,
  { specifier, use }: Case,
  kind: string,
): Promise<number> {
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
async function install(dir: string, name: string): Promise<boolean> {
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

if (import.meta.main) {
  console.log(`Node ${NODES[0]}, ms over an empty module`.padEnd(42), "import", "require");
  for (const { name, esm, cjs } of await measureStart(SAMPLES)) {
    console.log(name.padEnd(42), esm.toFixed(1).padStart(6), cjs.toFixed(1).padStart(7));
  }
}
