/**
 * Runs apps that put this library beside real third parties, and prints a table. Needs the built package
 * in `npm/`.
 *
 * `deno run -A tests/world/main.ts mocks vitest` runs those whose names contain one of these.
 *
 * @module
 */

import { startFake } from "../../examples/fake.ts";
import { node } from "../runtimes/programs.ts";
import { firstCommand } from "./first_command.ts";
import { copyFolder, installPackage } from "../runtimes/package.ts";

/** The third parties, in exact versions. Each app finds all of them. */
const DEPENDENCIES = {
  "@happy-dom/jest-environment": "20.0.10",
  "@opentelemetry/api": "1.9.1",
  "@opentelemetry/sdk-trace-node": "2.12.1",
  "@types/node": "24.10.1",
  "@types/react": "19.2.2",
  "abort-controller": "3.0.0",
  "cross-fetch": "4.1.0",
  "esbuild": "0.25.12",
  "express": "5.1.0",
  "fastify": "5.6.1",
  "happy-dom": "20.0.10",
  "jest": "30.2.0",
  "jest-environment-jsdom": "30.2.0",
  "jsdom": "26.1.0",
  "miniflare": "4.20260730.0",
  "msw": "2.11.6",
  "next": "15.5.6",
  "nock": "14.0.10",
  "node-fetch": "3.3.2",
  "react": "19.2.0",
  "react-dom": "19.2.0",
  "typescript": "5.9.3",
  "undici": "7.16.0",
  "vitest": "3.2.4",
};

/** The oldest Node that the package is for. */
const NODE = "20.20.2";

const HERE = import.meta.dirname!;
const LIMIT = 180_000;

/** An app, or a tool that runs some. */
interface App {
  name: string;
  /** The arguments for Node, in the folder of the apps. */
  args: string[];
}

const APPS: App[] = [
  { name: "other fetches", args: ["--test", "fetches.mjs"] },
  { name: "nock and msw", args: ["--test", "mocks.mjs"] },
  { name: "OpenTelemetry", args: ["--test", "tracing.mjs"] },
  { name: "Express and Fastify", args: ["--test", "servers.mjs"] },
  { name: "Next behind nginx", args: ["--test", "next.mjs"] },
  { name: "examples/next_app", args: ["--test", "example_next.mjs"] },
  { name: "examples/worker_r2", args: ["--test", "example_worker.mjs"] },
  {
    name: "Vitest, two DOMs",
    args: ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.config.mjs"],
  },
  {
    name: "Jest, two DOMs",
    args: ["node_modules/jest/bin/jest.js", "--testMatch", "**/*.jest.cjs", "--rootDir", "."],
  },
];

/** The number of tests that passed, as `node --test`, Vitest and Jest say it. */
const PASSED = /^# pass (\d+)$|^\s*Tests:?\s.*?(\d+) passed/m;
const SKIPPED = /^# skipped ([1-9]\d*)$/m;

const dir = await Deno.makeTempDir({ prefix: "replicate-world-" });
let [passed, failed] = [0, 0];
await using fake = startFake();
try {
  await install();
  const program = await node(NODE);
  const wanted = Deno.args.map((it) => it.toLowerCase());
  const chosen = APPS.filter(({ name }) =>
    wanted.length === 0 || wanted.some((it) => name.toLowerCase().includes(it))
  );
  for (const app of chosen) await run(program, app);
  if (wanted.length === 0 || wanted.includes("demo")) await runDemo();
} finally {
  await Deno.remove(dir, { recursive: true });
}
console.log(`\n${passed} passed, ${failed} failed`);
if (failed > 0) Deno.exit(1);

/** A folder with the apps, the package and the third parties. Their install scripts are not run. */
async function install(): Promise<void> {
  await copyFolder(`${HERE}/apps`, dir);
  for (const name of ["next_app", "worker_r2"]) {
    await copyFolder(`${HERE}/../../examples/${name}`, `${dir}/examples/${name}`);
    // Its packages are those of this folder.
    await Deno.remove(`${dir}/examples/${name}/package.json`);
  }
  const manifest = { dependencies: DEPENDENCIES };
  await Deno.writeTextFile(`${dir}/package.json`, JSON.stringify(manifest));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: dir,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  await installPackage(dir);
}

async function run(program: string, { name, args }: App): Promise<void> {
  const start = performance.now();
  const { REPLICATE_API_TOKEN: _, ...env } = Deno.env.toObject();
  const examples = name.startsWith("examples/") ? fake.env : {};
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: dir,
    stdin: "null",
    clearEnv: true,
    env: { ...env, NO_COLOR: "1", CI: "1", NEXT_TELEMETRY_DISABLED: "1", ...examples },
    signal: AbortSignal.timeout(LIMIT),
  }).output();
  const text = [stdout, stderr].map((it) => new TextDecoder().decode(it)).join("\n");
  const [, ...counts] = PASSED.exec(text) ?? [];
  const count = Number(counts.find((it) => it !== undefined) ?? 0);
  const note = SKIPPED.test(text) ? "ok, some skipped" : "ok";
  report(name, start, success ? count : 0, note, `$ node ${args.join(" ")}\n${text.trim()}`);
  if (!success) passed += count;
}

async function runDemo(): Promise<void> {
  const start = performance.now();
  const wrong = await firstCommand(dir);
  report("README's first command", start, wrong ? 0 : 1, "ok", wrong);
}

/** Prints a line, and the output of what failed. Nothing passes in which no test ran. */
function report(name: string, start: number, count: number, note: string, output: string): void {
  const ok = count > 0;
  if (ok) passed += count;
  else failed++;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const state = ok ? `${note.padEnd(18)}${count} passed` : "FAILED";
  console.log(`${name.padEnd(24)}${state.padEnd(30)}${seconds}s`);
  if (!ok) console.log(`\n${output}\n`);
}
