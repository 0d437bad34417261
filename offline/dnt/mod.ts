/**
 * The part of `@deno/dnt` this project calls, for machines that cannot reach JSR: the same call, the
 * same layout of the package.
 *
 * @module
 */
import { compile } from "./compile.ts";
import { readGraph } from "./graph.ts";
import type { BuildOptions, EntryPoint, PackageJson, PolyfillName } from "./options.ts";

export type { BuildOptions, EntryPoint, PackageJson, PolyfillName };

/** Makes sure that the folder is there, with nothing in it. */
export async function emptyDir(dir: string | URL): Promise<void> {
  try {
    await Deno.remove(dir, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(dir, { recursive: true });
}

/** Builds the npm package: ES modules in `esm/`, CommonJS in `script/`, and package.json. */
export async function build(options: BuildOptions): Promise<void> {
  const { outDir, typeCheck = "single", polyfills, compilerOptions } = options;
  const importMeta = typeof polyfills === "object" ? polyfills.importMeta : polyfills;
  if (importMeta === false) {
    throw new Error("Cannot leave out the polyfill importMeta: `import.meta` is no CommonJS");
  }
  const entryPoints = options.entryPoints.map((it) => typeof it === "string" ? { path: it } : it);
  const { modules, entries } = await readGraph(entryPoints.map(({ path }) => path));

  const absolute = await Deno.realPath(outDir);
  compile(modules, `${absolute}/esm`, "esm", typeCheck !== false, compilerOptions);
  compile(modules, `${absolute}/script`, "cjs", typeCheck === "both", compilerOptions);

  const names = entryPoints.map(({ name }) => name ?? ".");
  await writeJson(`${outDir}/esm/package.json`, { type: "module" });
  await writeJson(`${outDir}/script/package.json`, { type: "commonjs" });
  await writeJson(`${outDir}/package.json`, packageJson(options.package, names, entries));
  await Deno.writeTextFile(`${outDir}/.npmignore`, "/src/\nyarn.lock\npnpm-lock.yaml\n");
  await options.postBuild?.();
}

/** The fields of the caller, and those that say where the modules are. */
function packageJson(
  { name, version, ...fields }: PackageJson,
  names: string[],
  entries: string[],
): Record<string, unknown> {
  const files = entries.map((it) => it.replace(/\.ts$/, ".js"));
  const main = files[names.indexOf(".")];
  const doors = names.map((door, i) => [
    door,
    { import: `./esm/${files[i]}`, require: `./script/${files[i]}` },
  ]);
  return {
    name,
    version,
    ...(main && { main: `./script/${main}`, module: `./esm/${main}` }),
    exports: Object.fromEntries(doors),
    ...fields,
  };
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
