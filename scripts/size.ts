/**
 * Bundles the built package for what programs import, and prints the sizes, minified and gzipped,
 * against their budgets. Fails when one is over, when a bundler warns, or when a bundle has in it what
 * was not asked for.
 *
 * The same is bundled from the single modules, as they show what is in it.
 *
 * @module
 */
import { type BuildResult, loadEsbuild } from "./esbuild.ts";

/** A program that imports something, and how many bytes that may cost. */
interface Budget {
  name: string;
  /**
   * Its limit: a little above what it costs today, so that it grows by decision only. With the
   * packages from JSR it costs up to 600 bytes more than with the stand-ins.
   */
  budget: number;
  /** The size that it should have one day. */
  goal: number;
  code: string;
  /** Modules that it must do without, besides those of {@linkcode FORBIDDEN}. */
  without?: RegExp;
  /** All the files that may be in it: some bundlers keep most of a file of which little is used. */
  files?: string[];
}

/** The modules of the parts, and those that come with one. */
const PARTS =
  /\/src\/(schema\/|files\/(?!json_copy|kind)|http\/(limiter|budget|rounds|tokens)|run\/(failure_kind|progress|event_stream|job_stream)|batch\/)/;

const BUDGETS: Budget[] = [
  {
    name: "Client",
    budget: 52_300,
    goal: 28_000,
    code: 'export { Client } from "@x/replicate";',
    without: /\/src\/schema\//,
  },
  {
    name: "createSend, predictions, run",
    budget: 22_000,
    goal: 10_500,
    code: 'export { createSend, PredictionsApi, run } from "@x/replicate";',
    without: PARTS,
  },
  {
    name: "createSend",
    budget: 13_400,
    goal: 6_300,
    code: 'export { createSend } from "@x/replicate";',
    without: PARTS,
    files: ["http.js", "base.js"],
  },
  {
    name: "model (./schema)",
    budget: 4_600,
    goal: 3_000,
    code: 'export { model } from "@x/replicate/schema";',
  },
  {
    name: "verifyWebhook",
    budget: 2_600,
    goal: 2_000,
    code: 'export { verifyWebhook } from "@x/replicate/webhooks";',
  },
  {
    name: "./webhooks, all of it",
    budget: 6_400,
    goal: 3_000,
    code: 'export * from "@x/replicate/webhooks";',
  },
  {
    name: "subscribe (./serve)",
    budget: 2_100,
    goal: 2_200,
    code: 'export { subscribe } from "@x/replicate/serve";',
  },
  {
    name: "./ai, all of it",
    budget: 9_500,
    goal: 8_000,
    code: 'export * from "@x/replicate/ai";',
  },
  {
    name: "./trace, all of it",
    budget: 5_400,
    goal: 4_000,
    code: 'export * from "@x/replicate/trace";',
  },
  {
    name: "./durable, all of it",
    budget: 8_100,
    goal: 5_000,
    code: 'export * from "@x/replicate/durable";',
  },
  {
    name: "folderSink (./sinks)",
    budget: 6_300,
    goal: 5_000,
    code: 'export { folderSink } from "@x/replicate/sinks";',
  },
  {
    name: "./sinks, all of it",
    budget: 23_000,
    goal: 12_000,
    code: 'export * from "@x/replicate/sinks";',
  },
  {
    name: "./cog, all of it",
    budget: 9_700,
    goal: 7_000,
    code: 'export * from "@x/replicate/cog";',
  },
];

/** The package as it is published, and as it was before its modules were merged. */
const PUBLISHED = "npm";
const MODULES = "npm-modules";

/** Doors that are only in a bundle that asks for them. */
const FORBIDDEN = /\/src\/(testing|cli|schema\/codegen)\b/;

/** The number of modules that are named when a bundle is over its budget. */
const NAMED = 12;

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
  for (const platform of ["neutral", "browser"] as const) {
    const result = await bundle(code, platform, PUBLISHED);
    for (const { text } of result.warnings) problems.push(`${name}, ${platform}: ${text}`);
    const unasked = inputsOf(result).find(({ path }) =>
      path !== "<stdin>" && files?.every((file) => !path.endsWith(`/${file}`))
    );
    if (unasked) {
      problems.push(
        `${name}: ${unasked.path} is in the bundle; "files" in scripts/size.ts has it not`,
      );
    }
    const { contents } = result.outputFiles[0]!;
    min = Math.max(min, contents.length);
    gzip = Math.max(gzip, await gzipped(contents));
  }
  const modules = inputsOf(await bundle(code, "neutral", MODULES));
  const stray = modules.find(({ path }) => FORBIDDEN.test(path) || without?.test(path));
  if (stray) {
    problems.push(
      `${name}: ${stray.path} is in the bundle; FORBIDDEN or PARTS in scripts/size.ts keep it out`,
    );
  }
  const kB = (bytes: number): string => `${(bytes / 1000).toFixed(2)} kB`.padStart(10);
  const verdict = gzip <= budget ? "" : `  over by ${gzip - budget} bytes`;
  console.log(name.padEnd(30) + [min, gzip, budget, goal].map(kB).join("") + verdict);
  if (gzip <= budget) return;
  problems.push(`${name} is over its budget in scripts/size.ts. The biggest modules, minified:`);
  modules.sort((a, b) => b.bytes - a.bytes);
  for (const { path, bytes } of modules.slice(0, NAMED)) {
    problems.push(`${String(bytes).padStart(7)}  ${path.replace(/^.*\/npm-modules\/esm\//, "")}`);
  }
}

/**
 * Bundles each door for a program that uses nothing of it, as if the package had not said that nothing
 * of it is needed then: what is left over is in each bundle that uses anything of the same file.
 */
async function findEffects(): Promise<void> {
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
    if (left) {
      problems.push(
        `${door}: bundlers cannot leave out ${left.slice(0, 200)}\n` +
          "Write /* @__PURE__ */ before the call in src that makes it, and sums in one line",
      );
    }
  }
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
