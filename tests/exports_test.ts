/** The doors: of deno.json, of the built npm package, and what they lead to. */

import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { VERSION } from "../src/runtime.ts";

const NPM = new URL("../npm/", import.meta.url);
const HINT = "if npm/ is not of today, run: deno task build:npm";

interface Manifest {
  version: string;
  main: string;
  exports: Record<string, { import: string; require: string }>;
  dependencies?: Record<string, string>;
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(new URL("package.json", NPM)));
}

/** A test of the built package, which is there when all checks run. */
function npmTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, ignore: !exists(new URL("package.json", NPM)) });
}

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url).isFile;
  } catch {
    return false;
  }
}

Deno.test("VERSION is the version in deno.json", () => {
  assertEquals(VERSION, config.version);
});

Deno.test("every door of deno.json has a doc comment with @module", async () => {
  for (const path of Object.values(config.exports)) {
    const text = await Deno.readTextFile(new URL(`../${path}`, import.meta.url));
    assert(/^(?:#!.*\n)?\/\*\*(?:(?!\*\/)[^])*@module/.test(text), `${path} has none`);
  }
});

npmTest("the npm package has the version and the doors of deno.json", async () => {
  const { version, exports } = await manifest();
  assertEquals(version, config.version, HINT);
  assertEquals(Object.keys(exports).sort(), Object.keys(config.exports).sort(), HINT);
});

npmTest("the npm package has no dependencies, and what its users are told of", async () => {
  const { dependencies, main, exports } = await manifest();
  assertEquals(dependencies, undefined);
  assertEquals(main, exports["."]?.require);
  const declarations = Object.values(exports).flatMap((it) =>
    [it.import, it.require].map((path) => path.replace(/\.js$/, ".d.ts"))
  );
  for (const path of ["README.md", "LICENSE", "CHANGELOG.md", ...declarations]) {
    assert(exists(new URL(path, NPM)), `${path} is not in the package`);
  }
});

npmTest("each door gives the same names from source, as ES module and by require", async () => {
  const { exports } = await manifest();
  // Not imported by its name: a type checker would load the types of Node for every file with it.
  const { createRequire } = await import(["node", "module"].join(":"));
  const require = createRequire(import.meta.url);
  for (const [door, path] of Object.entries(config.exports)) {
    const source = Object.keys(await import(new URL(`../${path}`, import.meta.url).href)).sort();
    const built = exports[door]!;
    const esm = await import(new URL(built.import, NPM).href);
    assertEquals(Object.keys(esm).sort(), source, `${door}: ${HINT}`);
    const cjs = require(new URL(built.require, NPM).pathname);
    assertEquals(Object.keys(cjs).sort(), source, `${door}: ${HINT}`);
  }
});
