/**
 * Runs the unit tests against the ES modules of the built package in `npm/`: an import map puts each
 * of them in the place of the source that it was made from.
 *
 * @module
 */

const root = new URL("../", import.meta.url);
const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
const imports: Record<string, string> = {};
for (const [name, target] of Object.entries<string>(config.imports)) {
  imports[name] = target;
  // deno.json has this built in, a plain import map has not.
  imports[`${name}/`] = `${target.replace(":", ":/")}/`;
}
await replace("src/");
put("mod.ts");
for (const [door, path] of Object.entries<string>(config.exports)) {
  imports[config.name + door.slice(1)] = imports[new URL(path, root).href] ?? path;
}

const map = await Deno.makeTempFile({ suffix: ".json" });
await Deno.writeTextFile(map, JSON.stringify({ imports }));
const [, ...task] = config.tasks["test:unit"].command.split(" ");
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [...task, "--no-check", `--import-map=${map}`, ...Deno.args],
  cwd: root,
}).spawn().status;
await Deno.remove(map);
Deno.exit(code);

async function replace(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) await replace(`${folder}${name}/`);
    else if (name.endsWith(".ts")) put(folder + name);
  }
}

/** A module that no door leads to is not in the package; its tests have the source. */
function put(path: string): void {
  const built = new URL(`npm/esm/${path.replace(/\.ts$/, ".js")}`, root);
  try {
    Deno.statSync(built);
  } catch {
    return;
  }
  imports[new URL(path, root).href] = built.href;
}
