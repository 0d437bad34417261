/**
 * Bundles the built package for what programs import, and prints the sizes, minified and gzipped,
 * against their budgets. Fails when one is over, when a bundler warns, or when a bundle has in it what
 * was not asked for.
 *
 * The same is bundled from the single modules: they show what is in it, and it must not be smaller
 * than from the merged files.
 *
 * @module
 */
import { type BuildResult, loadEsbuild } from "./esbuild.ts";

/** What a program imports, and how many bytes that may cost. */
interface Budget {
  name: string;
  /**
   * What it may cost: a little above what it costs today, so that it grows by decision only. With the
   * packages from JSR it costs up to 600 bytes more than with the stand-ins.
   */
  budget: number;
  /** What it should cost. */
  goal: number;
  code: string;
  /** Modules that it must do without, besides those of {@linkcode FORBIDDEN}. */
  without?: RegExp;
  /** All the files that may be in it: some bundlers keep most of a file of which little is used. */
  files?: string[];
}

/** What is a part, and what comes with one. */
const PARTS =
  /\/src\/(files\/(?!input_json|kind)|http\/(limiter|budget)|run\/(failure_kind|progress|event_stream|job_stream)|batch\/)/;

const BUDGETS: Budget[] = [
  {
    name: "Client",
    budget: 36_500,
    goal: 12_000,
    code: 'export { Client } from "@x/replicate";',
  },
  {
    name: "createSend, predictions, run",
    budget: 14_300,
    goal: 5_000,
    code: 'export { createSend, PredictionsApi, run } from "@x/replicate";',
    without: PARTS,
  },
  {
    name: "createSend",
    budget: 8_000,
    goal: 5_000,
    code: 'export { createSend } from "@x/replicate";',
    without: PARTS,
    files: ["send.js", "shared.js"],
  },
  {
    name: "verifyWebhook",
    budget: 2_000,
    goal: 2_000,
    code: 'export { verifyWebhook } from "@x/replicate/webhooks";',
  },
  {
    name: "./webhooks, all of it",
    budget: 4_100,
    goal: 2_000,
    code: 'export * from "@x/replicate/webhooks";',
  },
  {
    name: "subscribe (./serve)",
    budget: 2_800,
    goal: 4_000,
    code: 'export { subscribe } from "@x/replicate/serve";',
  },
];

/** The package as it is published, and as it was before its modules were merged. */
const PUBLISHED = "npm";
const MODULES = "npm-modules";

/** Doors that are only in a bundle that asks for them. */
const FORBIDDEN = /\/src\/(testing|cli|schema\/codegen)\b/;

/** By how many bytes, minified, a bundle may be larger because modules were merged. */
const MERGING = 150;

/** How many modules are named when a bundle is over its budget. */
const NAMED = 12;

/** Whether dnt has put in polyfills. They stay in each bundle of merged files, as they should. */
const isPolyfilled = await exists(`${MODULES}/esm/_dnt.polyfills.js`);

const esbuild = await loadEsbuild();
const dir = await Deno.makeTempDir();
const problems: string[] = [];
try {
  for (const build of [PUBLISHED, MODULES]) {
    await Deno.mkdir(`${dir}/${build}/node_modules/@x`, { recursive: true });
    await Deno.symlink(await Deno.realPath(build), `${dir}/${build}/node_modules/@x/replicate`);
  }
  const head = ["min", "gzip", "budget", "goal"].map((it) => it.padStart(10)).join("");
  console.log(`${"bundle".padEnd(30)}${head}`);
  for (const budget of BUDGETS) await measure(budget);
  await findEffects();
} finally {
  await esbuild.stop();
  await Deno.remove(dir, { recursive: true });
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) Deno.exit(1);

async function measure({ name, budget, goal, code, files, without }: Budget): Promise<void> {
  let min = 0;
  let gzip = 0;
  let inputs: Input[] = [];
  for (const platform of ["neutral", "browser"] as const) {
    const [merged, modules] = await Promise.all([
      bundle(code, platform, PUBLISHED),
      bundle(code, platform, MODULES),
    ]).catch((error: Error) => {
      problems.push(`${name}: ${error.message}`);
      return [];
    });
    if (!merged || !modules) return;
    for (const { text } of merged.warnings) problems.push(`${name}, ${platform}: ${text}`);
    const size = sizeOf(merged);
    const more = size - sizeOf(modules);
    if (more > MERGING && !isPolyfilled) {
      problems.push(`${name}, ${platform}: ${more} bytes larger than from single modules`);
    }
    inputs = inputsOf(modules);
    const stray = [...inputsOf(merged), ...inputs].find(({ path }) =>
      FORBIDDEN.test(path) || without?.test(path)
    );
    if (stray) problems.push(`${name}, ${platform}: ${stray.path} is in the bundle`);
    const unasked = inputsOf(merged).find(({ path }) =>
      path !== "<stdin>" && files?.every((file) => !path.endsWith(`/${file}`))
    );
    if (unasked) problems.push(`${name}, ${platform}: ${unasked.path} is in the bundle`);
    min = Math.max(min, size);
    gzip = Math.max(gzip, await gzipped(merged.outputFiles[0]!.contents));
  }
  const kB = (bytes: number): string => `${(bytes / 1000).toFixed(2)} kB`.padStart(10);
  const verdict = gzip <= budget ? "" : `  over by ${gzip - budget} bytes`;
  console.log(name.padEnd(30) + [min, gzip, budget, goal].map(kB).join("") + verdict);
  if (gzip <= budget) return;
  problems.push(`${name} is over its budget. The biggest modules, minified:`);
  inputs.sort((a, b) => b.bytes - a.bytes);
  for (const { path, bytes } of inputs.slice(0, NAMED)) {
    problems.push(`${String(bytes).padStart(7)}  ${path.replace(/^.*\/npm-modules\/esm\//, "")}`);
  }
}

/**
 * Bundles each door for a program that uses nothing of it, as if the package had not said that nothing
 * of it is needed then: what is left over is in each bundle that uses anything of the same file.
 */
async function findEffects(): Promise<void> {
  if (isPolyfilled) return;
  const { exports } = JSON.parse(await Deno.readTextFile(`${PUBLISHED}/package.json`));
  const plugin = {
    name: "side-effects",
    setup(build: { onResolve(options: { filter: RegExp }, callback: OnResolve): void }): void {
      build.onResolve({ filter: /\.js$/ }, ({ path, resolveDir }) => ({
        path: new URL(path, `file://${resolveDir}/`).pathname,
        sideEffects: true,
      }));
    },
  };
  for (const [door, it] of Object.entries<{ import: string }>(exports)) {
    if (FORBIDDEN.test(it.import)) continue;
    const { outputFiles } = await esbuild.build({
      stdin: { contents: `import "${it.import}";`, resolveDir: await Deno.realPath(PUBLISHED) },
      format: "esm",
      target: "es2022",
      minify: true,
      write: false,
      plugins: [plugin],
    });
    const left = new TextDecoder().decode(outputFiles[0]!.contents).trim();
    if (left) problems.push(`${door}: bundlers cannot leave out ${left.slice(0, 200)}`);
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

type OnResolve = (
  args: { path: string; resolveDir: string },
) => { path: string; sideEffects: boolean };

/** A file that went into a bundle, and how many bytes of it. */
interface Input {
  path: string;
  bytes: number;
}

function inputsOf({ metafile }: BuildResult): Input[] {
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output!.inputs)
    .map(([path, it]) => ({ path, bytes: it.bytesInOutput }))
    .filter(({ bytes }) => bytes > 0);
}

function sizeOf({ outputFiles }: BuildResult): number {
  return outputFiles[0]!.contents.length;
}

async function bundle(
  contents: string,
  platform: "neutral" | "browser",
  build: string,
): Promise<BuildResult> {
  return await esbuild.build({
    stdin: { contents, resolveDir: `${dir}/${build}` },
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
