/**
 * Starts an example: `deno task example deno_stream`. It uses Replicate if REPLICATE_API_TOKEN is set,
 * and otherwise a fake on this machine.
 *
 * An example with a package.json is for a runtime of npm. It is copied to a folder of its own, where the
 * packages that it names are installed, and the one that `deno task build:npm` has built.
 *
 * @module
 */

import { copyFolder, installPackage } from "../tests/runtimes/package.ts";
import { bun, node, NODES } from "../tests/runtimes/programs.ts";
import { startFake } from "./fake.ts";

/** A program, its arguments and the folder it starts in. */
interface Start {
  program: string;
  args: string[];
  cwd: string;
}

const HERE = import.meta.dirname!;

const [name = "", ...given] = Deno.args;
const names = [...Deno.readDirSync(HERE)].filter((it) => it.isDirectory).map((it) => it.name);
if (!names.includes(name)) {
  console.error(`Give the name of an example: ${names.sort().join(", ")}`);
  Deno.exit(2);
}
await using fake = Deno.env.has("REPLICATE_API_TOKEN") ? undefined : startFake();
if (fake) console.error("No REPLICATE_API_TOKEN: this runs on a fake of Replicate.");
const { program, args, cwd } = await prepare();
const env = fake ? { ...fake.env, WEBHOOK_HOST: "http://127.0.0.1:3000" } : {};
const child = new Deno.Command(program, { args: [...args, ...given], cwd, env }).spawn();
// Ctrl-C goes to the child as well, which ends in its own way.
Deno.addSignalListener("SIGINT", () => {});
Deno.exitCode = (await child.status).code;
Deno.exit();

/** Makes an example ready to start. */
async function prepare(): Promise<Start> {
  const manifest = await Deno.readTextFile(`${HERE}/${name}/package.json`).catch(() => undefined);
  if (manifest) return await prepareFromNpm(JSON.parse(manifest));
  const files = [...Deno.readDirSync(`${HERE}/${name}`)].map((it) => it.name);
  const test = files.find((it) => it.endsWith("_test.ts"));
  const args = test ? ["test", "--allow-all", test] : ["run", "--allow-all", "main.ts"];
  return { program: Deno.execPath(), args, cwd: `${HERE}/${name}` };
}

async function prepareFromNpm(
  { dependencies, scripts }: {
    dependencies: Record<string, string>;
    scripts: Record<string, string>;
  },
): Promise<Start> {
  const cwd = await Deno.makeTempDir({ prefix: `replicate-${name}-` });
  console.error(`Installing it in ${cwd}`);
  await copyFolder(`${HERE}/${name}`, cwd);
  const { "@x/replicate": _, ...others } = dependencies;
  await Deno.writeTextFile(`${cwd}/package.json`, JSON.stringify({ dependencies: others }));
  if (Object.keys(others).length > 0) await deno(["install", "--quiet"], cwd);
  // The variables of a Worker, which sees none of ours.
  const variables = ["REPLICATE_API_TOKEN", "REPLICATE_BASE_URL"]
    .map((it) => [it, fake?.env[it] ?? Deno.env.get(it)])
    .filter(([, value]) => value).map((pair) => pair.join("="));
  await Deno.writeTextFile(`${cwd}/.dev.vars`, `${variables.join("\n")}\n`);
  await deno(["task", "--quiet", "build:npm"], `${HERE}/..`);
  await installPackage(cwd);
  const [command = "", ...args] = scripts.start!.split(" ");
  if (command === "bun") return { program: await bun(), args, cwd };
  const program = await node(NODES[2]);
  if (command === "node") return { program, args, cwd };
  return { program, args: [`node_modules/.bin/${command}`, ...args], cwd };
}

async function deno(args: string[], cwd: string): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd, stdout: "null" })
    .output();
  if (!success) throw new Error(`Cannot prepare the example: deno ${args.join(" ")} failed`);
}
