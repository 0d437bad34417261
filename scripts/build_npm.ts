/**
 * Builds the npm package into `npm/`: ES modules, CommonJS and declarations, with every door of
 * deno.json as a subpath export, and no dependencies. There are no source maps: the output is the
 * source without its types and doc comments, line by line readable, and maps would double the download.
 *
 * dnt writes a file for each module into `npm-modules/`, which is never published: tests of single
 * modules and the table of sizes need them. Rollup makes few files of these, as a program that starts
 * waits for each.
 *
 * @module
 */
import { build, type BuildOptions, emptyDir } from "@deno/dnt";
import ts from "typescript";
import { docComments } from "./sources.ts";

interface Config {
  name: string;
  version: string;
  license: string;
  exports: Record<string, string>;
}

const ROLLUP = "4.68.4";
const OUT = "npm";
/**
 * The command line, which is a program there and no door: it is for people, and would make the files of
 * the doors more. Its own files are in `npm/cli/`, with all that they need of the library.
 */
const CLI = { door: "./cli", path: "./src/cli/program.ts", name: "replicate", folder: "cli" };
const MODULES = "npm-modules";

/**
 * The files that doors have in common, and the modules in them; the first that fits counts. Without
 * this, rollup makes a file for each set of doors that have something in common, and `Client` loads
 * ten. Of webhooks it needs what `validateWebhook` does, for which a file more would cost 0.7 ms. The
 * limiter and its budget stay with `Client`, as what swc leaves of the classes in `http` is in each
 * program that has `createSend` alone: they would make it a fifth larger. Outputs and likeness are in
 * `http`, as other doors need them as well: of those, bundlers leave nothing in that program.
 */
const SHARED: [file: string, modules: RegExp][] = [
  [
    "base",
    /\/esm\/(deps\/|src\/(base\/|errors|files\/kind\.|run\/errors\.|webhooks\/(body|error|hmac|validate|verify)\.))/,
  ],
  [
    "http",
    /\/esm\/src\/(http\/(?!limiter|budget|rounds|tokens)|run\/(sink|likeness|observed)\.|files\/(address|bytes|data_uri|decode|download|input_json|json_copy|lazy_stream|names|output|paths|save|transfer)\.)/,
  ],
  ["webhooks", /\/esm\/src\/webhooks\/(?!mod\.)/],
  ["schema", /\/esm\/src\/schema\/(?!mod\.)/],
];

/**
 * The runtimes that we name have all of these, and a polyfill would change the globals of every
 * program. That of `import.meta` is not in the list, as dnt refuses to go without it in CommonJS; it
 * is not put in where nothing asks for `import.meta`.
 */
const NO_POLYFILLS: BuildOptions["polyfills"] = {
  arrayFindLast: false,
  arrayFromAsync: false,
  errorCause: false,
  objectHasOwn: false,
  promiseWithResolvers: false,
  stringReplaceAll: false,
};

/** The modules that a command needs as soon as it sends anything. */
const LIBRARY =
  /\/esm\/(deps\/|src\/(client|errors|base\/(?!text|runtime|async|duration)|http\/|files\/|resources\/|run\/|batch\/))/;

const config: Config = JSON.parse(await Deno.readTextFile("deno.json"));
/** The repository. npm refuses a package with provenance from another one than it names. */
const repository = `https://github.com/${Deno.env.get("GITHUB_REPOSITORY") ?? "x/replicate"}`;

await emptyDir(MODULES);
await build({
  entryPoints: Object.entries(config.exports).map(([name, path]) => ({
    name,
    // That of the door asks for `import.meta`, which dnt would have to polyfill.
    path: name === CLI.door ? CLI.path : path,
  })),
  outDir: `./${MODULES}`,
  shims: {},
  polyfills: NO_POLYFILLS,
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
    repository: { type: "git", url: `git+${repository}.git` },
    homepage: `${repository}#readme`,
    bugs: { url: `${repository}/issues` },
    // For what is in no folder; `esm/` and `script/` each say what they are.
    type: "commonjs",
    sideEffects: false,
    engines: { node: ">=20" },
    publishConfig: { access: "public" },
  },
});

// The rest of `npm/` is written over, or stands in the repository.
for (const folder of ["esm", "script"]) {
  await emptyDir(`${OUT}/${folder}`);
  for (const path of await filesIn(folder)) await take(path);
  // Bundlers look no further than the nearest package.json, and would keep what nobody uses.
  const type = folder === "esm" ? "module" : "commonjs";
  for (const root of [OUT, MODULES]) {
    await writeJson(`${root}/${folder}/package.json`, { type, sideEffects: false });
  }
}
const manifest = JSON.parse(await Deno.readTextFile(`${MODULES}/package.json`));
delete manifest.exports[CLI.door];
/** Read by people, and by tools that write code. */
const GUIDES = ["docs", "skills"];
const files = ["esm", "script", CLI.folder, ...GUIDES, "CHANGELOG.md", "THIRD_PARTY.md"];
const bin = { [CLI.name]: `./${CLI.folder}/bin.js` };
await writeJson(`${OUT}/package.json`, { ...manifest, bin, files });
for (const file of ["README.md", "LICENSE", "CHANGELOG.md", "THIRD_PARTY.md"]) {
  await Deno.copyFile(file, `${OUT}/${file}`);
}
for (const folder of GUIDES) {
  await emptyDir(`${OUT}/${folder}`);
  await copyFolder(folder, `${OUT}/${folder}`);
}
await mergeModules();
await mergeProgram();

/** Writes a file of JavaScript for each door, and those of {@linkcode SHARED}. */
async function mergeModules(): Promise<void> {
  // The WebAssembly of it: native code would need one more permission. By a name that is put together
  // here: a type checker would load the types of Node with it.
  const { rollup } = await import(`npm:@rollup/wasm-node@${ROLLUP}`);
  const doors = Object.entries(config.exports).filter(([door]) => door !== CLI.door)
    .map(([, path]) => path.replace(/^\.\/|\.ts$/g, ""));
  const bundle = await rollup({
    input: Object.fromEntries(doors.map((door) => [door, `${MODULES}/esm/${door}.js`])),
    onwarn({ message }: { message: string }) {
      throw new Error(`Cannot merge the modules: ${message}`);
    },
  });
  for (const [format, folder] of [["es", "esm"], ["cjs", "script"]]) {
    await bundle.write({
      format,
      dir: `${OUT}/${folder}`,
      chunkFileNames: "[name].js",
      manualChunks: (id: string) => SHARED.find(([, modules]) => modules.test(id))?.[0],
      // The names stay as they are in the source, and no door imports what it has no use for.
      minifyInternalExports: false,
      hoistTransitiveImports: false,
      generatedCode: { preset: "es2015", symbols: false },
      esModule: true,
      exports: "named",
    });
  }
  await bundle.close();
}

/** Writes the files of the command line: one that starts, and one for each thing that it loads later. */
async function mergeProgram(): Promise<void> {
  const { rollup } = await import(`npm:@rollup/wasm-node@${ROLLUP}`);
  const bundle = await rollup({
    input: { program: CLI.path.replace(/^\./, `${MODULES}/esm`).replace(/\.ts$/, ".js") },
    onwarn({ message }: { message: string }) {
      throw new Error(`Cannot merge the modules of the command line: ${message}`);
    },
  });
  const folder = `${OUT}/${CLI.folder}`;
  await emptyDir(folder);
  await bundle.write({
    format: "es",
    dir: folder,
    chunkFileNames: "[name].js",
    minifyInternalExports: false,
    hoistTransitiveImports: false,
    generatedCode: "es2015",
    manualChunks: (id: string) =>
      /\/src\/testing\//.test(id) ? "testing" : LIBRARY.test(id) ? "library" : undefined,
  });
  await bundle.close();
  await writeJson(`${folder}/package.json`, { type: "module" });
  const text = '#!/usr/bin/env node\nimport { start } from "./program.js";\nawait start();\n';
  await Deno.writeTextFile(`${folder}/bin.js`, text, { mode: 0o755 });
}

/** Copies a file of declarations; makes a module shorter in its place. */
async function take(path: string): Promise<void> {
  const text = await Deno.readTextFile(`${MODULES}/${path}`);
  if (path.endsWith(".js")) await Deno.writeTextFile(`${MODULES}/${path}`, shorter(text));
  if (!path.endsWith(".d.ts") || path.includes("/src/cli/")) return;
  await Deno.mkdir(`${OUT}/${path}`.replace(/\/[^/]+$/, ""), { recursive: true });
  await Deno.writeTextFile(`${OUT}/${path}`, portable(text));
}

/**
 * A module without doc comments, which are in the declarations, and with the sums at its top worked
 * out: of `const SIZE = 64 * 1024`, esbuild does not see that it can go when nobody uses it.
 */
function shorter(module: string): string {
  const source = ts.createSourceFile("module.js", module, ts.ScriptTarget.Latest, true);
  const plain = docComments(source).reduceRight(
    (rest, { pos, end }) => rest.slice(0, pos).trimEnd() + rest.slice(end),
    module,
  );
  const sums = /^((?:export )?const \w+ = )([\d_]+ [\d_ */+-]+);$/gm;
  return plain.replace(sums, (_, start, sum) => `${start}${new Function(`return ${sum}`)()};`);
}

/**
 * Makes declarations good for programs with another `lib` than ours: names the library of
 * `Symbol.asyncDispose`, and spells out two types of the DOM that `@types/node` does not have.
 */
function portable(declarations: string): string {
  const text = declarations
    .replace(/(?<![.\w])BodyInit(?!\w)/g, 'NonNullable<RequestInit["body"]>')
    .replace(/(?<![.\w])HeadersInit(?!\w)/g, 'NonNullable<RequestInit["headers"]>');
  const disposes = /\b(Async)?Disposable\b|\bSymbol\.(asyncD|d)ispose\b/.test(text);
  return disposes ? `/// <reference lib="esnext.disposable" />\n${text}` : text;
}

/** The files in a folder of {@linkcode MODULES}. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${MODULES}/${folder}`));
  const found = entries.map(({ name, isDirectory }) =>
    isDirectory ? filesIn(`${folder}/${name}`) : [`${folder}/${name}`]
  );
  return (await Promise.all(found)).flat();
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
