/** The runtimes, and how the checks are run on each. */

import type { Result } from "./checks.ts";
import { checkInChromium } from "./chromium.ts";
import { consumers } from "./consumers.ts";
import { runExamples, runWorkers } from "./documents.ts";
import { runFolder } from "./folders.ts";
import { bun, node, NODES, worker } from "./programs.ts";
import { runServers } from "./servers.ts";
import { withWorker } from "./workerd.ts";
import { startWorld, type World } from "./world.ts";

/** One line of the table. */
export interface Target {
  name: string;
  /** Runs the checks; `undefined` if the runtime is not there. */
  run(dir: string): Promise<Outcome>;
}

/** The outcome of a target. */
export interface Outcome {
  version: string;
  results: Result[];
  /** The reason why it was not run. */
  skipped?: string;
}

/** The time in milliseconds in which a runtime has to start, pass the checks and end by itself. */
const LIMIT = 60_000;

/** Every target, the longest first. Programs are downloaded one by one: side by side that can fail. */
export async function targets(): Promise<Target[]> {
  const list: Target[] = [...consumers(), chromium(), deno()];
  for (const version of NODES) {
    const program = await node(version);
    list.push(...fromPackage("Node", program), files("Node", program));
    // Each example is a process: the oldest Node and the newest say enough, and the oldest knows no types.
    if (version !== NODES[0] && version !== NODES[3]) continue;
    const endings = version === NODES[0] ? /\.mjs$/ : /\.mjs$|\.mts$/;
    list.push(documents("Node", version, program, ["--import", PRELOAD], endings));
  }
  list.push(...fromPackage("Bun", await bun()), files("Bun", await bun()));
  list.push(folder("Bun", await bun(), "bun_script", "main.ts"));
  list.push(folder("Node", await node(NODES[0]), "node_commonjs", "main.cjs"));
  list.push(documents("Bun", "", await bun(), ["--preload", PRELOAD]));
  list.push(documents("Deno", "", Deno.execPath(), [...DENO_ARGS, `--preload=${PRELOAD}`]));
  list.push(
    servers("Deno", "deno", Deno.execPath(), (file, port) => [
      ...["serve", "--quiet", "--allow-all", "--no-config", "--node-modules-dir=manual"],
      ...["--host=127.0.0.1", `--port=${port}`, file],
    ]),
    servers("Bun", "bun", await bun(), (file) => ["--preload", PRELOAD, file]),
    servers("Node", "node", await node(NODES[0]), (file) => ["--import", PRELOAD, file]),
    servers("Next", "next", await node(NODES[1]), (file) => ["--import", PRELOAD, file]),
  );
  const { path, date } = await worker();
  list.push(workerd(path, OLD_DATE, []), workerd(path, date, ["nodejs_compat"]));
  list.push({
    name: "workerd, documents",
    run: async (dir) => ({ version: date, results: await runWorkers(path, date, dir) }),
  });
  return list;
}

/** From source, with the permission that the README names and no other. */
function deno(): Target {
  return {
    name: "Deno, --allow-net",
    run: () =>
      withServers("deno", async (world) => {
        const hosts = [world.origin, world.resetOrigin].map((it) => new URL(it).host);
        // Port 1 is where nobody listens.
        const net = `--allow-net=${[...hosts, "127.0.0.1:1"].join()}`;
        const entry = `${import.meta.dirname}/entry_process.ts`;
        const args = ["run", "--quiet", "--no-check", "--no-prompt", net, entry];
        // It may not listen; its handler has a test of its own.
        const given = setup(world, { without: ["handler"] });
        return await inProcess(Deno.execPath(), [...args, given]);
      }),
  };
}

/** With the package, as an ES module and by `require`. */
function fromPackage(name: string, program: string): Target[] {
  return [["import", "main.mjs"], ["require", "main.cjs"]].map(([how, file]) => ({
    name: `${name}, ${how}`,
    run: (dir) =>
      withServers(name.toLowerCase(), async (world) => {
        const folder = await Deno.makeTempDir({ dir });
        const given = setup(world, { envToken: true, folder });
        return await inProcess(program, [`${dir}/${file}`, given]);
      }),
  }));
}

/** Each kind of file, in each encoding, at each depth. */
function files(name: string, program: string): Target {
  return { name: `${name}, files`, run: (dir) => inProcess(program, [`${dir}/files.mjs`]) };
}

/** The fake that the examples find in place of Replicate. */
const PRELOAD = "./doc_preload.mjs";

/** As a program with a `node_modules` of its own. */
const DENO_ARGS = ["run", "--quiet", "--allow-all", "--no-config", "--node-modules-dir=manual"];

/** The examples of the documents, as they are pasted. */
function documents(
  name: string,
  version: string,
  program: string,
  args: string[],
  endings: RegExp = /\.mjs$|\.mts$/,
): Target {
  return {
    name: `${name}, documents`,
    run: async (dir) => ({ version, results: await runExamples(program, args, dir, endings) }),
  };
}

/** A folder of `examples/`, as its reader starts it. */
function folder(name: string, program: string, example: string, file: string): Target {
  return {
    name: `${name}, examples/${example}`,
    run: async (dir) => ({ version: "", results: [await runFolder(program, dir, example, file)] }),
  };
}

/** The servers among the examples. */
function servers(
  name: string,
  host: string,
  program: string,
  args: (file: string, port: number) => string[],
): Target {
  return {
    name: `${name}, servers`,
    run: async (dir) => ({ version: "", results: await runServers(host, program, dir, args) }),
  };
}

async function inProcess(program: string, args: string[]): Promise<Outcome> {
  const { code, signal, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { REPLICATE_API_TOKEN: "r8_env" },
    stdin: "null",
    signal: AbortSignal.timeout(LIMIT),
  }).output();
  const [out, err] = [stdout, stderr].map((it) => new TextDecoder().decode(it).trim());
  if (signal === "SIGTERM") {
    throw new Error(`Cannot run ${program}: it does not end by itself\n${out}\n${err}`);
  }
  if (code !== 0 || !out) {
    throw new Error(`Cannot run ${program}: it ended with code ${code}\n${out}\n${err}`);
  }
  if (err) throw new Error(`Cannot run ${program}: it wrote to stderr\n${err}`);
  return JSON.parse(out);
}

/** A worker with nothing of Node: today, `process` is there without being asked for. */
const OLD_DATE = "2024-11-11";

function workerd(path: string, date: string, flags: string[]): Target {
  const worker = { file: "worker.js", date, flags, bindings: { REPLICATE_API_TOKEN: "r8_env" } };
  return {
    name: ["workerd", ...flags].join(", "),
    run: (dir) =>
      withServers("workerd", (world) =>
        withWorker(path, dir, worker, LIMIT, async (url) => {
          const body = setup(world, { envToken: flags.length > 0 });
          const response = await fetch(url, { method: "POST", body });
          if (!response.ok) {
            throw new Error(`Cannot run the checks in workerd: ${await response.text()}`);
          }
          return { version: date, ...await response.json() };
        })),
  };
}

function chromium(): Target {
  return {
    name: "Chromium, page",
    run: (dir) =>
      withServers("", (world) => {
        // It sends a POST of any kind again when a connection that was used before is reset.
        return checkInChromium(dir, world, setup(world, { without: ["reset", "handler"] }));
      }),
  };
}

/** The arguments of the checks, as JSON. */
function setup(
  { origin, resetOrigin }: World,
  more: { envToken?: boolean; folder?: string; without?: string[] } = {},
): string {
  return JSON.stringify({ origin, resetOrigin, envToken: false, ...more });
}

/** Starts servers for one target, and adds the checks that only they can make. */
async function withServers(
  agent: string,
  run: (world: World) => Promise<Outcome>,
): Promise<Outcome> {
  await using world = startWorld();
  const outcome = await run(world);
  if (outcome.skipped) return outcome;
  const check = (name: string, ok: boolean, error: string): void => {
    outcome.results.push({ name, ok, error });
  };
  const agents = [...world.agents()].join();
  if (agent) check("user agent", agents.endsWith(`(${agent})`), `It was ${agents}`);
  const problems = world.problems();
  check("server", problems === "", problems);
  return outcome;
}
