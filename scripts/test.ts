/**
 * Runs every check of the project, side by side where that does no harm, with one line for each.
 * A step that fails shows what it printed, and so does one with a table. The last line is
 * `N passed, N failed`: the tests that passed and failed, where a step that is no test run counts as
 * one failure when it fails.
 *
 * `deno task test format lint` runs the named steps only. Two steps take longest, as they repeat the tests
 * on other runtimes; `deno task test:platforms` names those, and no other task runs them.
 *
 * @module
 */

/** One command to run. */
interface Step {
  /** Its name in the report. */
  name: string;
  /** Arguments for `deno`. */
  args: string[];
  /** True to show its output when all is well too. */
  show?: boolean;
  /** True for a step that is run only when it is named. */
  named?: boolean;
}

const config = JSON.parse(Deno.readTextFileSync("deno.json"));
/** The arguments of a task, so that its permissions are written down once. */
const task = (name: string): string[] => config.tasks[name].command.split(" ").slice(1);
const doors = Object.values<string>(config.exports);
/** The pages of a folder, by their paths. */
const pagesIn = (folder: string): string[] =>
  [...Deno.readDirSync(folder)].map((it) => `${folder}/${it.name}`).filter((it) =>
    it.endsWith(".md")
  );
const documents = [...pagesIn("."), ...pagesIn("docs")];

/** Rules for the library itself, on top of those of deno.json. */
const SRC_RULES = "explicit-function-return-type,no-console";

/** Tests that have nothing to do with what is built. */
const NOT_OF_THE_PACKAGE = "tests/examples_test.ts,tests/batch/examples_test.ts,tests/scripts," +
  "tests/cli/docs_test.ts,tests/cli/process_test.ts";

/** The steps of one stage run side by side; a stage starts when the one before it has ended. */
const STAGES: Step[][] = [
  [
    // The two that take longest, first.
    { name: "npm build", args: task("build:npm") },
    { name: "types", args: ["check", "--doc", "."] },
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint"] },
    {
      name: "lint src",
      args: ["lint", "--rules-tags=", `--rules-include=${SRC_RULES}`, "mod.ts", "src"],
    },
    { name: "layers", args: ["run", "--allow-read", "--allow-env", "scripts/layers.ts"] },
    { name: "prose", args: ["run", "--allow-read", "--allow-env", "scripts/prose.ts"] },
    { name: "doc lint", args: ["doc", "--lint", ...doors] },
    { name: "links", args: ["run", "--allow-read", "--allow-env", "scripts/links.ts"] },
    // Publishes dry, and computes the score that JSR will show.
    { name: "publish", args: ["run", "--allow-all", "scripts/jsr_score.ts"], show: true },
  ],
  [
    { name: "npm package", args: ["run", "--allow-all", "scripts/check_npm.ts"] },
    { name: "size", args: ["run", "--quiet", "--allow-all", "scripts/size.ts"], show: true },
  ],
  // Alone, as tests of time and sockets should not share the cores with a type checker.
  [{ name: "unit tests", args: [...task("test:unit"), "--no-check", "tests"] }],
  [{ name: "fire", args: [...task("fire"), "--fixed", "--seconds", "10"], show: true }],
  [{
    name: "doc tests",
    args: [
      ...task("test:unit"),
      "--no-check",
      "--preload=./tests/doc_preload.mjs",
      "--doc",
      "mod.ts",
      "src",
      ...documents,
    ],
  }],
  [{
    name: "npm tests",
    named: true,
    // Examples and scripts are run from source.
    args: ["run", "--allow-all", "scripts/test_npm.ts", `--ignore=${NOT_OF_THE_PACKAGE}`, "tests"],
  }],
  [{
    name: "runtimes",
    named: true,
    args: ["run", "--quiet", "--allow-all", "tests/runtimes/main.ts"],
    show: true,
  }],
];

/** Lines about what went well: a file being checked, a test that passed. */
const NOISE = /^(Check|running \d+ tests?) | \.\.\. ok \(/;

/** The result of a step. */
interface Outcome {
  step: Step;
  ok: boolean;
  passed: number;
  failed: number;
  output: string;
  seconds: number;
}

/** Runs one step to its end. */
async function run(step: Step): Promise<Outcome> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: step.args,
    clearEnv: true,
    env: environment(),
    stdin: "null",
  }).output();
  const output = [stdout, stderr].map((it) => new TextDecoder().decode(it)).join("\n").trim();
  const [, passed = "0", failed = "0"] = output.match(/(\d+) passed.* \| (\d+) failed/) ?? [];
  return {
    step,
    ok: success,
    passed: Number(passed),
    failed: success ? 0 : Math.max(Number(failed), 1),
    output,
    seconds: (performance.now() - start) / 1000,
  };
}

/** Ours without the token, so that no test can spend money, and without colours. */
function environment(): Record<string, string> {
  const { REPLICATE_API_TOKEN: _, ...rest } = Deno.env.toObject();
  return { ...rest, NO_COLOR: "1" };
}

/** Prints the line of a step, and what it said when it failed: without the tests that passed. */
function report({ step, ok, passed, output, seconds }: Outcome): void {
  const count = passed > 0 ? `${passed} passed` : "";
  const line = [
    step.name.padEnd(12),
    ok ? "ok    " : "FAILED",
    `${seconds.toFixed(1)}s`.padStart(6),
  ];
  console.log([...line, " ", count].join(" ").trimEnd());
  if (ok && step.show) console.log(`\n${output}\n`);
  if (ok) return;
  const lines = output.split("\n").filter((it) => !NOISE.test(it));
  console.log(`\n$ deno ${step.args.join(" ")}\n${lines.join("\n")}\n`);
}

/** Runs the steps, as many at once as there are cores, and reports each when it ends. */
async function runStage(steps: Step[]): Promise<Outcome[]> {
  const waiting = [...steps];
  const outcomes: Outcome[] = [];
  const lane = async (): Promise<void> => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const outcome = await run(step);
      report(outcome);
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, lane));
  return outcomes;
}

const wanted = Deno.args;
const names = STAGES.flat().map(({ name }) => name);
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`There is no step "${unknown}"; there are: ${names.join(", ")}`);
  Deno.exit(2);
}

const outcomes: Outcome[] = [];
for (const stage of STAGES) {
  const steps = stage.filter(({ name, named }) => wanted.length ? wanted.includes(name) : !named);
  outcomes.push(...await runStage(steps));
}
const sum = (key: "passed" | "failed"): number => outcomes.reduce((n, it) => n + it[key], 0);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
if (outcomes.some(({ ok }) => !ok)) Deno.exit(1);
