/** Runs the programs of `examples/`. */

/** The result of an example that has ended. */
export interface Ran {
  code: number;
  /** The text that it printed, with the errors last. */
  text: string;
}

/** The permissions that a task of deno.json gives. */
export async function permissionsOf(task: string): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const words: string[] = tasks[task].command.split(" ");
  return words.filter((word) => word.startsWith("--allow-"));
}

/** Runs an example of `examples/` without a token, with its output in a pipe. */
export async function runExample(
  name: string,
  cwd: string,
  permissions: string[] = ["--allow-all"],
): Promise<Ran> {
  const { REPLICATE_API_TOKEN: _, DATABASE_URL: __, ...env } = Deno.env.toObject();
  const config = new URL("../deno.json", import.meta.url).pathname;
  const file = new URL(`../examples/${name}`, import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, "--no-prompt", "--no-check", "--quiet", "--config", config, file],
    cwd,
    stdin: "null",
    clearEnv: true,
    env: { ...env, NO_COLOR: "1" },
  }).output();
  return { code, text: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
}
