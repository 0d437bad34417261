/** Runs the programs of `examples/`. */

import { startFake } from "../examples/fake.ts";

/** The result of an example that has ended. */
export interface Ran {
  code: number;
  /** The text that it printed, with the errors last. */
  text: string;
}

/** An example that serves. */
export interface Served {
  /** Its address, such as `http://127.0.0.1:4711`. */
  origin: string;
  [Symbol.asyncDispose](): Promise<void>;
}

const EXAMPLES = new URL("../examples/", import.meta.url);

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
  env: Record<string, string> = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await commandOf(name, cwd, permissions, env).output();
  return { code, text: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
}

/** Runs an example as `deno task example` does: on a fake of Replicate. */
export async function runOnFake(name: string): Promise<Ran> {
  const dir = await Deno.makeTempDir();
  try {
    await using fake = startFake();
    return await runExample(`${name}/main.ts`, dir, undefined, { ...fake.env, PORT: "0" });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Starts an example that serves, on a fake of Replicate. */
export async function serveExample(name: string, fakeEnv: Record<string, string>): Promise<Served> {
  const env = { ...fakeEnv, PORT: "0" };
  const command = commandOf(`${name}/main.ts`, Deno.cwd(), ["--allow-all"], env);
  const child = command.spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  for (let next; !(next = await reader.read()).done;) {
    said += next.value;
    const [origin] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
    if (!origin) continue;
    return {
      origin,
      async [Symbol.asyncDispose]() {
        child.kill();
        await Promise.all([child.status, reader.cancel(), child.stdout.cancel()]);
      },
    };
  }
  throw new Error(`The example ${name} does not serve: ${said}`);
}

function commandOf(
  name: string,
  cwd: string,
  permissions: string[],
  added: Record<string, string>,
): Deno.Command {
  const { REPLICATE_API_TOKEN: _, DATABASE_URL: __, ...env } = Deno.env.toObject();
  const config = new URL("../deno.json", import.meta.url).pathname;
  const file = new URL(name, EXAMPLES).href;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, "--no-prompt", "--no-check", "--config", config, file],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env: { ...env, ...added, NO_COLOR: "1" },
  });
}
