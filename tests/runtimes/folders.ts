/** The folders of `examples/` that are for a runtime of npm, run with the built package on a fake. */

import { startFake } from "../../examples/fake.ts";
import type { Result } from "./checks.ts";
import { copyFolder } from "./package.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url).pathname;
const LIMIT = 60_000;

/** Runs a program that paints a fig, and looks for the file that it says it has saved. */
export async function runFolder(
  program: string,
  dir: string,
  example: string,
  file: string,
): Promise<Result> {
  const cwd = `${dir}/examples_${example}`;
  await copyFolder(EXAMPLES + example, cwd);
  await using fake = startFake();
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [`${cwd}/${file}`],
    cwd,
    stdin: "null",
    env: { ...fake.env, NO_COLOR: "1" },
    signal: AbortSignal.timeout(LIMIT),
  }).output();
  const [out, err] = [stdout, stderr].map((it) => new TextDecoder().decode(it).trim());
  const saved = await Deno.readTextFile(`${cwd}/fig.svg`).catch(() => "");
  const ok = code === 0 && out === "Saved fig.svg" && err === "" && saved.startsWith("<svg");
  return { name: example, ok, error: `it ended with code ${code}\n${out}\n${err}` };
}
