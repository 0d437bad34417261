/** The runtimes: programs from the npm registry, in the versions written here. */

/** A version of each supported line of Node, and the newest one. */
export const NODES = ["20.20.2", "22.23.3", "24.21.0", "26.10.0"] as const;

const BUN = "1.4.5";

const WORKERD = "1.20261023.1";

/** The path of a Node. The first time it is downloaded. */
export function node(version: string): Promise<string> {
  const os = { darwin: "darwin", windows: "win" }[Deno.build.os as string] ?? Deno.build.os;
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  return pathOf(`node-${os}-${arch}@${version}`, "-p", "process.execPath");
}

/** The path of Bun. */
export function bun(): Promise<string> {
  return pathOf(`bun@${BUN}`, "-e", "console.log(process.execPath)");
}

/** The path of workerd, and its date. */
export async function worker(): Promise<{ path: string; date: string }> {
  // By a name that is put together here: a type checker would load the types of Node with it.
  const { default: module } = await import(`npm:workerd@${WORKERD}`);
  return { path: module.default, date: module.compatibilityDate };
}

/** A child of `deno x` outlives it when it is killed: it is asked for its own path, and then started. */
async function pathOf(name: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["x", "--quiet", "--yes", name, ...args],
    stdin: "null",
  }).output();
  if (!success) throw new Error(`Cannot get ${name}:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}
