/**
 * Runs the unit tests with coverage, and fails if less of `src` is reached than has to be.
 * `deno task coverage --detail` names each line and branch that no test reaches.
 *
 * @module
 */

/** The least shares, in percent. */
const LEAST = { lines: 97, branches: 94 };

const config: { tasks: Record<string, { command: string }> } = JSON.parse(
  await Deno.readTextFile("deno.json"),
);
const [, ...task] = config.tasks["test:unit"]!.command.split(" ");
const isDetailed = Deno.args.includes("--detail");
const dir = await Deno.makeTempDir({ prefix: "coverage-" });

/** What the tests reach of one file. */
interface Reached {
  lines: [hit: number, all: number];
  branches: [hit: number, all: number];
  missed: string[];
}

try {
  const tests = new Deno.Command(Deno.execPath(), {
    args: [...task, "--quiet", "--no-check", `--coverage=${dir}`, "tests"],
    stdout: "null",
  });
  const { success } = await tests.spawn().status;
  if (!success) console.error("Some tests fail: what they would reach is missing below");
  const files = read(await lcov());
  report(files);
} finally {
  await Deno.remove(dir, { recursive: true });
}

async function lcov(): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    // The built package has a folder of that name too.
    args: ["coverage", "--lcov", "--include=/src/", "--exclude=/(tests|npm|npm-modules)/", dir],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Reads the report, by path. */
function read(text: string): Map<string, Reached> {
  const files = new Map<string, Reached>();
  for (const part of text.split("end_of_record")) {
    const path = /^SF:.*?(src\/.*)$/m.exec(part)?.[1];
    if (path === undefined) continue;
    const lines = [...part.matchAll(/^DA:(\d+),(\d+)/gm)];
    const branches = [...part.matchAll(/^BRDA:(\d+),\d+,\d+,(\d+|-)/gm)];
    const missedLines = lines.filter(([, , hits]) => hits === "0").map(([, line]) => line);
    const isHit = (hits: string | undefined): boolean => hits !== "0" && hits !== "-";
    const missedBranches = branches.filter(([, , hits]) => !isHit(hits)).map(([, line]) => line);
    files.set(path, {
      lines: [lines.length - missedLines.length, lines.length],
      branches: [branches.length - missedBranches.length, branches.length],
      missed: [
        ...missedLines.map((line) => `${path}:${line} line`),
        ...missedBranches.map((line) => `${path}:${line} branch`),
      ],
    });
  }
  return files;
}

function report(files: Map<string, Reached>): void {
  const sum = (key: "lines" | "branches"): number => {
    const parts = [...files.values()].map((it) => it[key]);
    const [hit, all] = [0, 1].map((n) =>
      parts.reduce((total, part) => total + part[n as 0 | 1], 0)
    );
    return hit! / all! * 100;
  };
  const worst = [...files].sort(([, a], [, b]) => b.missed.length - a.missed.length).slice(0, 15);
  for (const [path, { lines, branches, missed }] of worst) {
    if (missed.length > 0) {
      console.log(`${path}: ${lines.join("/")} lines, ${branches.join("/")} branches`);
    }
  }
  if (isDetailed) {
    for (const { missed } of files.values()) for (const it of missed) console.log(it);
  }
  const lines = sum("lines");
  const branches = sum("branches");
  console.log(
    `${files.size} files, ${lines.toFixed(1)} % of lines (${LEAST.lines} at least), ` +
      `${branches.toFixed(1)} % of branches (${LEAST.branches} at least)`,
  );
  if (lines < LEAST.lines || branches < LEAST.branches) Deno.exit(1);
}
