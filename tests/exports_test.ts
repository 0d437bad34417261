/** The doors: of deno.json, of the built npm package, and what they lead to. */

import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { VERSION } from "../src/base/runtime.ts";

const NPM = new URL("../npm/", import.meta.url);
/** The doors, but for the command line: that is a program in the npm package. */
const { "./cli": _, ...DOORS } = config.exports;
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
    assert(
      /^(?:#!.*\n)?\/\*\*(?:(?!\*\/)[^])*@module/.test(text),
      `${path} does not begin with a doc comment that ends with @module`,
    );
  }
});

npmTest("the npm package has the version and the doors of deno.json", async () => {
  const { version, exports } = await manifest();
  assertEquals(version, config.version, HINT);
  assertEquals(Object.keys(exports).sort(), Object.keys(DOORS).sort(), HINT);
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
  const source = await fromSource();
  for (const built of [await asModules(), await byRequire()]) {
    for (const [door, exported] of Object.entries(source)) {
      const names = Object.keys(built[door]!).sort();
      assertEquals(names, Object.keys(exported).sort(), `${door}: ${HINT}`);
    }
  }
});

npmTest("what two doors have in common is the same thing in the npm package", async () => {
  const source = kinship(await fromSource());
  assertEquals(
    source["./webhooks WebhookError"],
    "WebhookError at ./webhooks WebhookError, from . ReplicateError",
  );
  assertEquals(kinship(await asModules()), source, HINT);
  assertEquals(kinship(await byRequire()), source, HINT);
});

npmTest(
  "the npm package has a file for each door, and one for each layer that they share",
  async () => {
    const { exports } = await manifest();
    for (const [folder, key] of [["esm", "import"], ["script", "require"]] as const) {
      const doors = Object.values(exports).map((it) => it[key].replace("./", ""));
      const shared = ["base.js", "http.js", "schema.js", "webhooks.js"].map((it) =>
        `${folder}/${it}`
      );
      const hint =
        `a program that starts waits for each file: see SHARED in scripts/build_npm.ts; ${HINT}`;
      assertEquals((await scriptsIn(`${folder}/`)).sort(), [...doors, ...shared].sort(), hint);
    }
  },
);

npmTest("importing the npm package and making a client asks for no part of fetch", async () => {
  // The first look at one of them loads all: 32 ms on Node 20.
  const names = ["fetch", "Headers", "Request", "Response", "FormData", "Blob", "File"];
  const code = `
    const seen = [];
    for (const name of ${JSON.stringify(names)}) {
      Object.defineProperty(globalThis, name, { get: () => void seen.push(name) });
    }
    const { Client } = await import("${new URL("esm/mod.js", NPM)}");
    new Client({ auth: "r8_test" });
    console.log(seen.join());`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", code],
    env: { NO_COLOR: "1" },
  }).output();
  const text = [stdout, stderr].map((it) => new TextDecoder().decode(it)).join("").trim();
  assertEquals(text, "", HINT);
});

/** The exports of each door. */
type Doors = Record<string, Record<string, unknown>>;

async function fromSource(): Promise<Doors> {
  const doors: Doors = {};
  for (const [door, path] of Object.entries(DOORS)) {
    doors[door] = await import(new URL(`../${path}`, import.meta.url).href);
  }
  return doors;
}

async function asModules(): Promise<Doors> {
  const doors: Doors = {};
  for (const [door, it] of Object.entries((await manifest()).exports)) {
    doors[door] = await import(new URL(it.import, NPM).href);
  }
  return doors;
}

async function byRequire(): Promise<Doors> {
  // Not imported by its name: a type checker would load the types of Node for every file with it.
  const { createRequire } = await import(["node", "module"].join(":"));
  const require = createRequire(import.meta.url);
  const { exports } = await manifest();
  return Object.fromEntries(
    Object.entries(exports).map(([door, it]) => [door, require(new URL(it.require, NPM).pathname)]),
  );
}

/** The name of each function and class, the door that exports it first, and the class it extends. */
function kinship(doors: Doors): Record<string, string> {
  const places = new Map<unknown, string>();
  const functions: [place: string, value: { name: string }][] = [];
  for (const [door, exported] of Object.entries(doors)) {
    for (const [name, value] of Object.entries(exported)) {
      if (typeof value !== "function") continue;
      functions.push([`${door} ${name}`, value]);
      if (!places.has(value)) places.set(value, `${door} ${name}`);
    }
  }
  return Object.fromEntries(functions.map(([place, value]) => {
    const parent = places.get(Object.getPrototypeOf(value)) ?? "nothing of ours";
    return [place, `${value.name} at ${places.get(value)}, from ${parent}`];
  }));
}

async function scriptsIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, NPM))) {
    if (isDirectory) paths.push(...await scriptsIn(`${folder}${name}/`));
    else if (name.endsWith(".js")) paths.push(folder + name);
  }
  return paths;
}
