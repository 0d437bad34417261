/**
 * Builds the npm package into `npm/`: ES modules, CommonJS and declarations, with every door of
 * deno.json as a subpath export, and no dependencies.
 *
 * @module
 */
import { build, emptyDir } from "@deno/dnt";

const config = JSON.parse(await Deno.readTextFile("deno.json"));
const outDir = "./npm";

await emptyDir(outDir);
await build({
  entryPoints: Object.entries<string>(config.exports).map(([name, path]) => ({ name, path })),
  outDir,
  shims: {},
  test: false,
  typeCheck: "both",
  skipNpmInstall: true,
  skipSourceOutput: true,
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022", "DOM", "DOM.Iterable"],
    noUncheckedIndexedAccess: true,
  },
  package: {
    name: config.name,
    version: config.version,
    description: "A client for Replicate's HTTP API for Deno, Bun, Workers, Node and the edge",
    keywords: ["replicate", "ai", "machine-learning", "api", "client"],
    license: config.license,
    sideEffects: false,
    engines: { node: ">=20" },
    publishConfig: { access: "public" },
  },
  async postBuild(): Promise<void> {
    for (const file of ["README.md", "LICENSE", "CHANGELOG.md"]) {
      await Deno.copyFile(file, `${outDir}/${file}`);
    }
  },
});
