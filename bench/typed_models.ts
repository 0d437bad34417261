/**
 * Measures typed models for a folder of schemas: OpenAPI documents of versions, or models as the API
 * answers them, one or a list in each `.json`.
 *
 *     deno run --allow-all bench/typed_models.ts <folder>
 *
 * - The generated file is what the formatter leaves, and compiles under several versions of TypeScript
 *   with `strict`, `exactOptionalPropertyTypes` and `isolatedDeclarations`, and under `deno check`.
 * - The time to generate 1,000 models, and the time that a file of 150 adds to `tsc`.
 * - The size of the check, minified and gzipped.
 *
 * The package must be built: `deno task build:npm`. Exits with 1 when something is over its limit.
 *
 * @module
 */
import { loadEsbuild } from "../scripts/esbuild.ts";
import { generateTypes, type ModelSource, sourcesOf } from "../src/schema/codegen/mod.ts";

const COMPILERS = ["5.7.3", "5.9.3", "7.0.2"];
const FLAGS =
  ("--noEmit --strict --exactOptionalPropertyTypes --isolatedDeclarations --declaration " +
    "--noUncheckedIndexedAccess --verbatimModuleSyntax --module nodenext --target es2022").split(
      " ",
    );

const DOOR = "@x/replicate/schema";
const CHECK = await Deno.realPath("npm-modules/esm/src/schema/input.js");

const [folder] = Deno.args;
if (folder === undefined) {
  console.error("Usage: deno run --allow-all bench/typed_models.ts <folder of schemas>");
  Deno.exit(2);
}

/** The models of a folder; documents without a name are named after their files. */
function load(folder: string): ModelSource[] {
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".json")).sort();
  return files.flatMap((file) => {
    const json: unknown = JSON.parse(Deno.readTextFileSync(`${folder}/${file}`));
    try {
      return sourcesOf(json);
    } catch {
      return sourcesOf(json, [`acme/model-${file.slice(0, -".json".length)}`]);
    }
  });
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** As many models, by taking the same ones under other names. */
function many(models: readonly ModelSource[], count: number): ModelSource[] {
  return Array.from({ length: count }, (_, index) => {
    const source = models[index % models.length]!;
    return { ...source, name: `${source.name}-${index}` };
  });
}

async function deno(args: string[], cwd: string): Promise<{ ms: number; text: string }> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n").trim();
  return { ms: performance.now() - start, text: success ? "" : text || "failed" };
}

const problems: string[] = [];
function tell(name: string, value: string, isFine: boolean, why = ""): void {
  console.log(`${name.padEnd(44)} ${value.padStart(10)}  ${isFine ? "ok" : "FAILED"}`);
  if (!isFine) problems.push(`${name}\n${why.slice(0, 4000)}`);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

const dir = await Deno.realPath(await Deno.makeTempDir());
try {
  const models = load(folder);
  await Deno.mkdir(`${dir}/node_modules/@x`, { recursive: true });
  // A copy: through a link, its files would not be those of a package.
  await copy("npm", `${dir}/node_modules/@x/replicate`);
  await Deno.writeTextFile(`${dir}/package.json`, '{ "type": "module" }');
  for (const [name, options] of Object.entries({ plain: {}, names: { registry: true } })) {
    await Deno.writeTextFile(`${dir}/${name}.ts`, generateTypes(models, options));
  }
  console.log(`${models.length} models, Deno ${Deno.version.deno}\n`);

  const format = await deno(["fmt", "--check", "--line-width=100", "plain.ts", "names.ts"], dir);
  tell("formatted as deno fmt leaves it", "", format.text === "", format.text);

  const check = await deno(
    ["check", "--node-modules-dir=manual", "plain.ts", "names.ts"],
    dir,
  );
  tell("deno check", seconds(check.ms), check.text === "", check.text);

  await Deno.writeTextFile(
    `${dir}/few.ts`,
    'import { model } from "@x/replicate/schema";\nimport type { FileOutput } from "@x/replicate";\n' +
      "export type { FileOutput, model };\n",
  );
  await Deno.writeTextFile(`${dir}/many.ts`, generateTypes(many(models, 150)));
  for (const version of COMPILERS) {
    const tsc = (file: string): Promise<{ ms: number; text: string }> =>
      deno(["x", "-q", "-y", "-p", `typescript@${version}`, "tsc", ...FLAGS, file], dir);
    for (const file of ["plain.ts", "names.ts"]) {
      const { ms, text } = await tsc(file);
      tell(`TypeScript ${version}, ${file}`, seconds(ms), text === "", text);
    }
    const times: [few: number[], many: number[]] = [[], []];
    // Interleaved, so that a machine that slows down does so for both; the least is the least disturbed.
    for (let round = 0; round < 7; round++) {
      times[0].push((await tsc("few.ts")).ms);
      times[1].push((await tsc("many.ts")).ms);
    }
    const added = Math.min(...times[1]) - Math.min(...times[0]);
    tell(`TypeScript ${version}, 150 models add`, seconds(added), added < 300, "over 0.3 s");
  }

  const start = performance.now();
  const text = generateTypes(many(models, 1000));
  const ms = performance.now() - start;
  const size = `${(text.length / 1e6).toFixed(1)} MB`;
  tell(`1,000 models, ${size} of source`, seconds(ms), ms < 10_000, "over 10 s");

  const esbuild = await loadEsbuild();
  for (
    const [name, code, most] of [
      ["the check alone", `export { checkInput } from "${CHECK}";`, 3000],
      ["model(), with Standard Schema and outputs", `export { model } from "${DOOR}";`, 4600],
      ["schemaCheck, with what it asks", `export { schemaCheck } from "${DOOR}";`, 5700],
    ] as const
  ) {
    const { outputFiles } = await esbuild.build({
      stdin: { contents: code, resolveDir: dir },
      platform: "neutral",
      format: "esm",
      target: "es2022",
      minify: true,
      metafile: true,
      write: false,
    });
    const stream = new Blob([outputFiles[0]!.contents]).stream()
      .pipeThrough(new CompressionStream("gzip"));
    const { byteLength } = await new Response(stream).arrayBuffer();
    const kB = `${(byteLength / 1000).toFixed(2)} kB`;
    tell(`${name}, min+gzip`, kB, byteLength < most, `over ${most} bytes`);
  }
  await esbuild.stop();
} finally {
  await Deno.remove(dir, { recursive: true });
}
for (const problem of problems) console.error(`\n${problem}`);
if (problems.length > 0) Deno.exit(1);
