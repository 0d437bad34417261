/**
 * Runs the unit tests against what is built: an import map puts the modules in `npm-modules/`, which
 * the package is made from, in the place of the source. The files of the package itself give only what
 * a door gives; `tests/exports_test.ts` and `tests/runtimes` test those.
 *
 * @module
 */

const root = new URL("../", import.meta.url);
const modules = new URL("npm-modules/esm/", root);
const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
const imports: Record<string, string> = {};

// A plain import map has to name a package twice.
for (const [name, target] of Object.entries<string>(config.imports)) {
  imports[name] = target;
  imports[`${name}/`] = `${target.replace(":", ":/")}/`;
}
for (const [door, path] of Object.entries<string>(config.exports)) {
  imports[config.name + door.slice(1)] = new URL(path.replace(/\.ts$/, ".js"), modules).href;
}
await replace("");

const map = await Deno.makeTempFile({ suffix: ".json" });
await Deno.writeTextFile(map, JSON.stringify({ imports }));
const [, ...task] = config.tasks["test:unit"].command.split(" ");
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [...task, "--no-check", `--import-map=${map}`, ...Deno.args],
  cwd: root,
}).spawn().status;
await Deno.remove(map);
Deno.exit(code);

/** Puts the modules of a folder in the place of their sources. */
async function replace(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, modules))) {
    const path = folder + name;
    if (isDirectory) await replace(`${path}/`);
    else if (path.endsWith(".js")) {
      imports[new URL(path.replace(/\.js$/, ".ts"), root).href] = new URL(path, modules).href;
    }
  }
}
