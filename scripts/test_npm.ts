/**
 * Runs the unit tests against the built package: an import map puts what is published in the place of
 * the source.
 *
 * In there, modules are merged, and give only what a door gives. So a test of something internal, and
 * its helpers, get the single modules that the package was made from instead, all of them: a class of
 * the one build is not that of the other. Which tests these are is seen from what they import.
 *
 * @module
 */

const root = new URL("../", import.meta.url);
const modules = new URL("npm-modules/esm/", root);
const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
const facades = await Deno.makeTempDir();

/** From the URL of a module to that of what is loaded in its place. */
type Imports = Record<string, string>;

/** Where a value is published. */
interface Published {
  name: string;
  file: string;
}

const published = await publishedValues();
/** By the URL of a module of the source: the names that no door gives. */
const internals = new Map<string, Set<string>>();
const merged: Imports = {};
const single: Imports = {};
for (const path of ["mod.ts", ...await filesIn("src/")]) await addSource(path);

const tests = new Map<string, string>();
for (const path of await filesIn("tests/")) {
  tests.set(urlOf(path), await Deno.readTextFile(new URL(path, root)));
}

// A helper may be needed with both builds. It is another module when its URL ends with a query.
const ASIDE = "?single";
const aside: Imports = { ...single };
for (const url of tests.keys()) aside[url] = url + ASIDE;
const scopes: Record<string, Imports> = { [urlOf("src/")]: single };
for (const url of tests.keys()) {
  scopes[url + ASIDE] = aside;
  if (needsInternals(url)) scopes[url] = aside;
}

const map = `${facades}/import_map.json`;
await Deno.writeTextFile(
  map,
  JSON.stringify({ imports: { ...packages(), ...merged, ...doors() }, scopes }),
);
const [, ...task] = config.tasks["test:unit"].command.split(" ");
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [...task, "--no-check", `--import-map=${map}`, ...Deno.args],
  cwd: root,
}).spawn().status;
await Deno.remove(facades, { recursive: true });
Deno.exit(code);

function urlOf(path: string): string {
  return new URL(path, root).href;
}

async function filesIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) paths.push(...await filesIn(`${folder}${name}/`));
    else if (name.endsWith(".ts")) paths.push(folder + name);
  }
  return paths;
}

/** What the doors give, by the value in the single modules. */
async function publishedValues(): Promise<Map<unknown, Published>> {
  const values = new Map<unknown, Published>();
  for (const path of Object.values<string>(config.exports)) {
    const built = path.replace(/\.ts$/, ".js");
    const file = new URL(built, urlOf("npm/esm/")).href;
    for (const [name, value] of Object.entries(await import(new URL(built, modules).href))) {
      values.set(value, { name, file });
    }
  }
  return values;
}

/**
 * Puts what is built in the place of a module: the single module, and a list of what the doors give of
 * it. A module that no door leads to is not in the package; its tests have the source.
 */
async function addSource(path: string): Promise<void> {
  const url = urlOf(path);
  const built = new URL(path.replace(/\.ts$/, ".js"), modules);
  try {
    Deno.statSync(built);
  } catch {
    return;
  }
  const internal = new Set<string>();
  const lines = Object.entries(await import(built.href)).map(([name, value]) => {
    const found = published.get(value);
    if (found?.name === name) return `export { ${name} } from "${found.file}";`;
    internal.add(name);
    return "";
  });
  const facade = `${facades}/${path.replaceAll("/", "_")}.js`;
  await Deno.writeTextFile(facade, lines.join("\n"));
  merged[url] = `file://${facade}`;
  single[url] = built.href;
  internals.set(url, internal);
}

/** Whether a file of the tests imports something internal, itself or by its helpers. */
function needsInternals(url: string, seen: Set<string> = new Set()): boolean {
  if (seen.has(url)) return false;
  seen.add(url);
  const imports = (tests.get(url) ?? "").matchAll(/^import (?:\{([^}]*)\} )?.*?"(\.[^"]+)"/gm);
  return [...imports].some(([, names = "", specifier]) => {
    const target = new URL(specifier!, url).href;
    const internal = internals.get(target);
    return internal
      ? names.split(",").some((name) => internal.has(name.trim().split(" ")[0]!))
      : needsInternals(target, seen);
  });
}

/** The packages of deno.json, which a plain import map has to name twice. */
function packages(): Imports {
  const imports: Imports = {};
  for (const [name, target] of Object.entries<string>(config.imports)) {
    imports[name] = target;
    imports[`${name}/`] = `${target.replace(":", ":/")}/`;
  }
  return imports;
}

/** The doors by their names. */
function doors(): Imports {
  return Object.fromEntries(
    Object.entries<string>(config.exports).map(([door, path]) => [
      config.name + door.slice(1),
      merged[urlOf(path)] ?? path,
    ]),
  );
}
