/**
 * Bundles the built package for what programs import, and prints the sizes, minified and gzipped,
 * against their budgets. Fails when one is over, when a bundler warns, or when a bundle has in it what
 * was not asked for.
 *
 * @module
 */
import { type BuildResult, loadEsbuild } from "./esbuild.ts";

/** What a program imports, and how many bytes that may cost. */
interface Budget {
  name: string;
  /** What it may cost: a little above what it costs today, so that it grows by decision only. */
  budget: number;
  /** What it should cost. */
  goal: number;
  code: string;
}

const BUDGETS: Budget[] = [
  {
    name: "Client",
    budget: 39_000,
    goal: 12_000,
    code: 'export { Client } from "@x/replicate";',
  },
  {
    name: "createSend, predictions, run",
    budget: 14_500,
    goal: 5_000,
    code: 'export { createSend, PredictionsApi, run } from "@x/replicate";',
  },
  {
    name: "createSend",
    budget: 7_600,
    goal: 5_000,
    code: 'export { createSend } from "@x/replicate";',
  },
  {
    name: "verifyWebhook",
    budget: 2_000,
    goal: 2_000,
    code: 'export { verifyWebhook } from "@x/replicate/webhooks";',
  },
  {
    name: "./webhooks, all of it",
    budget: 4_200,
    goal: 2_000,
    code: 'export * from "@x/replicate/webhooks";',
  },
  {
    name: "subscribe (./serve)",
    budget: 4_000,
    goal: 4_000,
    code: 'export { subscribe } from "@x/replicate/serve";',
  },
];

/** Doors that are only in a bundle that asks for them. */
const FORBIDDEN = /\/src\/(testing|cli|schema\/codegen)\b/;

/** How many modules are named when a bundle is over its budget. */
const NAMED = 12;

const esbuild = await loadEsbuild();
const dir = await Deno.makeTempDir();
const problems: string[] = [];
try {
  await Deno.mkdir(`${dir}/node_modules/@x`, { recursive: true });
  await Deno.symlink(await Deno.realPath("npm"), `${dir}/node_modules/@x/replicate`);
  const head = ["min", "gzip", "budget", "goal"].map((it) => it.padStart(10)).join("");
  console.log(`${"bundle".padEnd(30)}${head}`);
  for (const budget of BUDGETS) await measure(budget);
} finally {
  await esbuild.stop();
  await Deno.remove(dir, { recursive: true });
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) Deno.exit(1);

async function measure({ name, budget, goal, code }: Budget): Promise<void> {
  let min = 0;
  let gzip = 0;
  let inputs: [path: string, bytes: number][] = [];
  for (const platform of ["neutral", "browser"] as const) {
    const result = await bundle(code, platform).catch((error: Error) => {
      problems.push(`${name}: ${error.message}`);
    });
    if (!result) return;
    for (const { text } of result.warnings) problems.push(`${name}, ${platform}: ${text}`);
    const [file] = result.outputFiles;
    const [output] = Object.values(result.metafile.outputs);
    inputs = Object.entries(output!.inputs).map(([path, it]) => [path, it.bytesInOutput]);
    const stray = inputs.find(([path]) => FORBIDDEN.test(path));
    if (stray) problems.push(`${name}, ${platform}: ${stray[0]} is in the bundle`);
    min = Math.max(min, file!.contents.length);
    gzip = Math.max(gzip, await gzipped(file!.contents));
  }
  const kB = (bytes: number): string => `${(bytes / 1000).toFixed(2)} kB`.padStart(10);
  const verdict = gzip <= budget ? "" : `  over by ${gzip - budget} bytes`;
  console.log(name.padEnd(30) + [min, gzip, budget, goal].map(kB).join("") + verdict);
  if (gzip <= budget) return;
  problems.push(`${name} is over its budget. The biggest modules, minified:`);
  inputs.sort(([, a], [, b]) => b - a);
  for (const [path, bytes] of inputs.slice(0, NAMED)) {
    problems.push(`${String(bytes).padStart(7)}  ${path.replace(/^.*\/npm\/esm\//, "")}`);
  }
}

async function bundle(contents: string, platform: "neutral" | "browser"): Promise<BuildResult> {
  return await esbuild.build({
    stdin: { contents, resolveDir: dir },
    platform,
    format: "esm",
    target: "es2022",
    minify: true,
    metafile: true,
    write: false,
  });
}

async function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}
