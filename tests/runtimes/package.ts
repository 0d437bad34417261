/** A folder with the built package installed, and the checks bundled for each kind of runtime. */

import { type BuildOptions, loadEsbuild } from "../../scripts/esbuild.ts";

const HERE = import.meta.dirname!;
const ROOT = `${HERE}/../..`;

/** Copies `npm/` to where a package manager would have put it. */
export async function installPackage(dir: string): Promise<void> {
  await copyFolder(`${ROOT}/npm`, `${dir}/node_modules/@x/replicate`);
}

/** Copies a folder with all that is in it. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Writes `main.mjs` and `main.cjs`, which import the package, and the single `worker.js`, `page.js`. */
export async function bundleChecks(dir: string): Promise<void> {
  const plain: BuildOptions = {
    external: ["@x/replicate", "@x/replicate/*"],
    platform: "neutral",
  };
  const edge: BuildOptions = { conditions: ["workerd", "worker"], platform: "neutral" };
  const esbuild = await loadEsbuild();
  const bundle = async (entry: string, outfile: string, options: BuildOptions): Promise<void> => {
    const { warnings } = await esbuild.build({
      ...options,
      entryPoints: [`${HERE}/${entry}`],
      outfile: `${dir}/${outfile}`,
      target: "es2022",
      nodePaths: [`${dir}/node_modules`],
    });
    const texts = warnings.map(({ text, location }) => `${location?.file}: ${text}`);
    if (texts.length > 0) {
      throw new Error(`Cannot bundle ${outfile} without warnings:\n${texts.join("\n")}`);
    }
  };
  await Promise.all([
    bundle("entry_process.ts", "main.mjs", { ...plain, format: "esm" }),
    bundle("entry_process.ts", "main.cjs", { ...plain, format: "cjs" }),
    bundle("entry_worker.ts", "worker.js", { ...edge, format: "esm" }),
    bundle("entry_page.ts", "page.js", { platform: "browser", format: "esm" }),
  ]);
  await esbuild.stop();
}

/** Writes `files.mjs`, the matrix of files, which tests the source. */
export async function bundleFiles(dir: string): Promise<void> {
  const entry = `${HERE}/entry_files.ts`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--output", `${dir}/files.mjs`, entry],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
