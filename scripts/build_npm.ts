/**
 * Builds the npm package into `npm/`: ES modules, CommonJS and declarations, with every door of
 * deno.json as a subpath export, and no dependencies. There are no source maps: the output is the
 * source without its types and doc comments, line by line readable, and maps would double the download.
 *
 * dnt writes a file for each module, and they are merged then. As they were, the ES modules stay in
 * `npm-modules/`, which is never published: tests of single modules and the table of sizes need them.
 *
 * @module
 */
import { build, emptyDir } from "@deno/dnt";
import { merge } from "./merge.ts";

interface Config {
  name: string;
  version: string;
  license: string;
  exports: Record<string, string>;
}

const config: Config = JSON.parse(await Deno.readTextFile("deno.json"));
const outDir = "./npm";
const modulesDir = "./npm-modules";
/** `owner/name` on GitHub. npm refuses a package with provenance that does not name it. */
const repository = Deno.env.get("GITHUB_REPOSITORY");

await emptyDir(outDir);
await build({
  entryPoints: Object.entries(config.exports).map(([name, path]) => ({ name, path })),
  outDir,
  shims: {},
  test: false,
  typeCheck: "both",
  skipNpmInstall: true,
  skipSourceOutput: true,
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022", "DOM", "DOM.Iterable", "ESNext.Disposable"],
    noUncheckedIndexedAccess: true,
  },
  package: {
    name: config.name,
    version: config.version,
    description: "A client for Replicate's HTTP API for Deno, Bun, Workers, Node and the edge",
    keywords: ["replicate", "ai", "machine-learning", "api", "client"],
    license: config.license,
    ...(repository && {
      repository: { type: "git", url: `git+https://github.com/${repository}.git` },
    }),
    // For what is in no folder; `esm/` and `script/` each say what they are.
    type: "commonjs",
    sideEffects: false,
    engines: { node: ">=20" },
    publishConfig: { access: "public" },
  },
  async postBuild(): Promise<void> {
    for (const file of ["README.md", "LICENSE", "CHANGELOG.md"]) {
      await Deno.copyFile(file, `${outDir}/${file}`);
    }
    await makePortable(outDir);
    // Bundlers look no further than the nearest package.json, and would keep what nobody uses.
    for (const [folder, type] of [["esm", "module"], ["script", "commonjs"]]) {
      const path = `${outDir}/${folder}/package.json`;
      await Deno.writeTextFile(path, JSON.stringify({ type, sideEffects: false }) + "\n");
    }
    await mergeModules();
  },
});

/** Puts few files of JavaScript in the place of the many. The declarations stay. */
async function mergeModules(): Promise<void> {
  await emptyDir(modulesDir);
  for (const path of ["package.json", "esm/package.json"]) await keep(path);
  for (const path of await modulesIn("esm")) await keep(path);
  for (const folder of ["esm", "script"]) {
    for (const path of await modulesIn(folder)) await Deno.remove(`${outDir}/${path}`);
  }
  const { exports } = JSON.parse(await Deno.readTextFile(`${outDir}/package.json`));
  await merge({
    from: `${modulesDir}/esm`,
    doors: Object.keys(config.exports).map((door) => exports[door].import.replace("./esm/", "")),
    apart: "src/http/send.js",
    esm: `${outDir}/esm`,
    script: `${outDir}/script`,
  });
}

/** Copies a file from the package to where its modules stay. */
async function keep(path: string): Promise<void> {
  await Deno.mkdir(`${modulesDir}/${path}`.replace(/\/[^/]+$/, ""), { recursive: true });
  await Deno.copyFile(`${outDir}/${path}`, `${modulesDir}/${path}`);
}

/** The JavaScript in a folder of the package. */
async function modulesIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${outDir}/${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) paths.push(...await modulesIn(path));
    else if (name.endsWith(".js")) paths.push(path);
  }
  return paths;
}

/**
 * Makes the declarations good for programs with another `lib` than ours: names the library of
 * `Symbol.asyncDispose`, and spells out two types of the DOM that `@types/node` does not have.
 */
async function makePortable(dir: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    const path = `${dir}/${name}`;
    if (isDirectory) await makePortable(path);
    if (!name.endsWith(".d.ts")) continue;
    const before = await Deno.readTextFile(path);
    const text = before
      .replace(/(?<![.\w])BodyInit(?!\w)/g, 'NonNullable<RequestInit["body"]>')
      .replace(/(?<![.\w])HeadersInit(?!\w)/g, 'NonNullable<RequestInit["headers"]>');
    const disposes = /\b(Async)?Disposable\b|\bSymbol\.(asyncD|d)ispose\b/.test(text);
    const library = disposes ? '/// <reference lib="esnext.disposable" />\n' : "";
    if (library || text !== before) await Deno.writeTextFile(path, library + text);
  }
}
