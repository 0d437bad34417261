/** 14.25 README's first command, in a fresh clone, with an empty home. */

const ROOT = new URL("../../", import.meta.url).pathname;

/** The demo's own first line. */
const BEGIN = "No REPLICATE_API_TOKEN: this runs on the embedded fake";

/** What the command line itself says beside its results; nothing of downloads and tasks is among it. */
const STDERR = `6 done, 0 failed
replicate: Cannot run demo/painter: there is no option num_output
Did you mean num_outputs?
See: replicate run --help demo/painter
`;

/** Runs it, and returns what is wrong with what it printed; `""` if nothing is. */
export async function firstCommand(dir: string): Promise<string> {
  const readme = await Deno.readTextFile(`${ROOT}/README.md`);
  const command = /```sh\n(.*?)\s*(?:#.*)?\n/.exec(readme)?.[1] ?? "";
  if (!command.includes("demo")) return `README.md begins with another command: ${command}`;
  await git("clone", "--quiet", "--depth=1", `file://${ROOT}`, `${dir}/clone`);
  await Deno.mkdir(`${dir}/home`);
  const { REPLICATE_API_TOKEN: _, DENO_DIR: __, ...env } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command],
    cwd: `${dir}/clone`,
    stdin: "null",
    clearEnv: true,
    env: { ...env, HOME: `${dir}/home`, NO_COLOR: "1" },
  }).output();
  const [out, err] = [stdout, stderr].map((it) => new TextDecoder().decode(it));
  if (code !== 0) return `${command} ended with code ${code}\n${out}\n${err}`;
  if (!out!.startsWith(BEGIN)) return `it did not begin with its own line\n${out}`;
  // That there is a newer npm, it says at the end.
  const rest = err!.replaceAll(/^npm notice.*\n/gm, "");
  if (rest !== STDERR) return `it wrote to stderr\n${err}`;
  return "";
}

async function git(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", { args }).output();
  if (!success) throw new Error(`Cannot clone: ${new TextDecoder().decode(stderr)}`);
}
