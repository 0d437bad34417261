/**
 * Measures what users call, against the platform and the peers from npm, on Deno, Node and Bun:
 * `deno task bench`, or in about a minute `deno task bench --quick`.
 *
 * Prints a table, and writes `bench/results.json`. With `--write` the table goes to
 * `docs/benchmarks.md` as well. `--on deno,node` leaves out the other runtimes, and `--only stream` the rows
 * of another name. The built package is needed: `deno task build:npm`.
 */

import { loadEsbuild } from "../scripts/esbuild.ts";
import { bun, node, NODES } from "../tests/runtimes/programs.ts";
import { measureStart } from "./import_bench.ts";
import { measureRecovery } from "./limiter_bench.ts";
import { markdown, type Report } from "./report.ts";
import { measureSizes } from "./size_bench.ts";
import type { Result } from "./user/measure.ts";
import { PEERS } from "./user/peers.ts";

const HERE = import.meta.dirname!;
const isQuick = Deno.args.includes("--quick");
const only = valueOf("--only");
const wanted = (valueOf("--on") || "deno,node,bun").split(",");

const dir = await Deno.makeTempDir();
try {
  await install();
  const report = await measure();
  const text = markdown(report);
  console.log(text);
  await Deno.writeTextFile(`${HERE}/results.json`, JSON.stringify(report, null, 2) + "\n");
  if (Deno.args.includes("--write")) {
    await Deno.writeTextFile(`${HERE}/../docs/benchmarks.md`, text);
  }
} finally {
  await Deno.remove(dir, { recursive: true });
}

function valueOf(flag: string): string {
  const at = Deno.args.indexOf(flag);
  return at < 0 ? "" : Deno.args[at + 1] ?? "";
}

async function measure(): Promise<Report> {
  const load = Deno.loadavg()[0]!;
  const runtimes: Report["runtimes"] = {};
  for (const name of wanted) {
    const [title, program, ...args] = await runtime(name);
    tell(title!);
    runtimes[title!] = await resultsOf(program!, args);
  }
  tell("recovery, start and size");
  const all = !only;
  return {
    date: new Date().toISOString(),
    command: ["deno task bench", ...Deno.args.filter((it) => it !== "--write")].join(" "),
    machine: `${navigator.hardwareConcurrency} cores of ${Deno.build.arch}, ${Deno.build.os}`,
    runtimes,
    recovery: all ? await measureRecovery(isQuick) : [],
    start: all ? await measureStart(isQuick ? 5 : 25) : [],
    sizes: all ? await measureSizes(dir) : [],
    load: [load, Deno.loadavg()[0]!],
  };
}

/** Its name with its version, and how a program of it is run. */
async function runtime(name: string): Promise<string[]> {
  if (name === "deno") {
    const source = `${HERE}/user/worker.ts`;
    const args = ["run", "--quiet", "--no-check", "--allow-all", source];
    return [`Deno ${Deno.version.deno}`, Deno.execPath(), ...args];
  }
  const path = name === "bun" ? await bun() : await node(NODES[0]);
  const { stdout } = await new Deno.Command(path, { args: ["--version"] }).output();
  const version = new TextDecoder().decode(stdout).trim().replace("v", "");
  return [`${name === "bun" ? "Bun" : "Node"} ${version}`, path, `${dir}/worker.mjs`];
}

/** Runs the contenders of one runtime against a new server. */
async function resultsOf(program: string, args: string[]): Promise<Result[]> {
  const server = new Deno.Command(await node(NODES[0]), {
    args: [`${dir}/server.mjs`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  try {
    const { value } = await server.stdout.pipeThrough(new TextDecoderStream()).values().next();
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [...args, String(value).trim(), isQuick ? "0" : "1", only],
      cwd: `${HERE}/..`,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const lines = new TextDecoder().decode(stdout).trim().split("\n").filter((it) => it !== "");
    return lines.map((line) => JSON.parse(line));
  } finally {
    // It ends with its input.
    await server.stdin.close();
    await server.status;
  }
}

/** Installs the peers and ours, and writes the programs for Node and Bun. */
async function install(): Promise<void> {
  tell("peers from npm");
  const dependencies = Object.fromEntries(Object.entries(PEERS));
  await Deno.writeTextFile(`${dir}/package.json`, JSON.stringify({ dependencies }));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--node-modules-dir=auto"],
    cwd: dir,
  }).output();
  if (!success) throw new Error(`Cannot install the peers: ${new TextDecoder().decode(stderr)}`);
  await Deno.mkdir(`${dir}/node_modules/@x`, { recursive: true });
  await Deno.symlink(await Deno.realPath(`${HERE}/../npm`), `${dir}/node_modules/@x/replicate`);
  const esbuild = await loadEsbuild();
  for (const name of ["server", "worker"]) {
    await esbuild.build({
      entryPoints: [`${HERE}/user/${name}.ts`],
      outfile: `${dir}/${name}.mjs`,
      platform: "node" as "neutral",
      format: "esm",
      target: "es2022",
    });
  }
  await esbuild.stop();
}

function tell(what: string): void {
  console.error(`bench: ${what} ...`);
}
