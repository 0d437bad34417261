/**
 * Breaks rules of `src` one at a time in a copy of the tree, runs the tests that concern them, and
 * reports those that no test notices.
 *
 * `deno task mutate` tries all of `scripts/mutants.ts`; `deno task mutate lease webhooks` those whose
 * file or name contains one of these.
 *
 * @module
 */

import { type Mutant, MUTANTS } from "./mutants.ts";

/** A test that hangs has noticed as well. */
const LIMIT = 90_000;
/** The parts of the tree that no test of a mutant needs. */
const LEFT_OUT = /^(?:\.git|npm|npm-modules|coverage|bench)$/;

const root = new URL("../", import.meta.url).pathname;
const wanted = Deno.args.filter((it) => it !== "--");
const chosen = MUTANTS.filter(({ file, name }) =>
  wanted.length === 0 || wanted.some((it) => file.includes(it) || name.includes(it))
);
const config: { tasks: Record<string, { command: string }> } = JSON.parse(
  await Deno.readTextFile(`${root}deno.json`),
);
const [, ...task] = config.tasks["test:unit"]!.command.split(" ");
const waiting = [...chosen];
const survivors: Mutant[] = [];
const begun = performance.now();

await Promise.all(Array.from({ length: 2 }, async () => {
  const dir = await Deno.makeTempDir({ prefix: "mutants-" });
  try {
    await copy(root, `${dir}/`);
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) await attempt(dir, mutant);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}));

for (const { name, file, tests } of survivors) {
  console.log(`SURVIVED ${file}: ${name} (${tests.join(" ")})`);
}
const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
console.log(`${chosen.length} mutants, ${survivors.length} survived (${minutes} min)`);
if (survivors.length > 0) Deno.exit(1);

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) {
    if (LEFT_OUT.test(name)) continue;
    // Links are followed: the stand-ins for packages may be some.
    const { isDirectory } = await Deno.stat(`${from}${name}`);
    if (isDirectory) await copy(`${from}${name}/`, `${to}${name}/`);
    else await Deno.copyFile(`${from}${name}`, `${to}${name}`);
  }
}

/** Breaks one rule, runs its tests, and mends it again. */
async function attempt(dir: string, mutant: Mutant): Promise<void> {
  const { name, file, from, to, tests } = mutant;
  const path = `${dir}/${file}`;
  const text = await Deno.readTextFile(path);
  if (text.split(from).length !== 2) {
    throw new Error(`Cannot break "${name}": ${file} does not hold its text just once:\n${from}`);
  }
  await Deno.writeTextFile(path, text.replace(from, () => to));
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...task.filter((it) => it !== "--parallel"), "--no-check", "--fail-fast", ...tests],
    cwd: dir,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(LIMIT),
  });
  const { success, signal, stdout, stderr } = await child.output();
  await Deno.writeTextFile(path, text);
  const out = [stdout, stderr].map((it) => new TextDecoder().decode(it)).join("\n");
  const killer = signal ? "it hangs" : /^(.*?) \.\.\. .*FAILED/m.exec(plain(out))?.[1] ?? "";
  // A file that does not load says nothing of a rule.
  if (!success && !signal && killer === "") throw new Error(`Cannot try "${name}":\n${out}`);
  if (success) survivors.push(mutant);
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(5);
  console.log(`${seconds} s  ${success ? "SURVIVED" : "killed  "}  ${file}: ${name}  <- ${killer}`);
}

function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[\d;]*m/g, "");
}
