/**
 * Everything a release does but the publishing: looks at the version, builds for both registries, and
 * lets both tools pack what they would send.
 *
 * `deno task release:check`, and `deno task release:check v0.2.0` for the tag of a release.
 *
 * @module
 */

const [tag] = Deno.args;
const config = JSON.parse(await Deno.readTextFile("deno.json"));
/** The hashes of all modules that the npm package is made from. */
const LOCK = "release.lock";
const entries = Object.values<string>(config.exports);
const version: string = config.version;
const problems: string[] = [];

if (tag !== undefined && tag !== `v${version}`) {
  problems.push(`the tag is ${tag}, and the version in deno.json is ${version}`);
}
const source = await Deno.readTextFile("src/base/runtime.ts");
if (!source.includes(`export const VERSION = "${version}";`)) {
  problems.push(
    `VERSION in src/base/runtime.ts is not ${version}; use: deno task version ${version}`,
  );
}
const changelog = await Deno.readTextFile("CHANGELOG.md");
const isListed = changelog.split("\n").some((line) => line.startsWith(`## ${version} - `));
if (!isListed) {
  const text = `CHANGELOG.md has no heading for ${version}; use: deno task version ${version}`;
  if (tag === undefined) console.log(`Before it can be released: ${text}`);
  else problems.push(text);
}

if (await exists(LOCK)) {
  // Refuses each module, also those of npm's tools, whose bytes are not those that were looked at.
  await step("deno", ["cache", "--quiet", `--lock=${LOCK}`, "--frozen", ...entries]);
} else {
  const text = `${LOCK} is missing, which pins what is built in by its hash; where JSR can be ` +
    "reached, use: deno task release:lock";
  if (tag === undefined) console.log(`Before it can be released: ${text}`);
  else problems.push(text);
}

await step("deno", ["publish", "--dry-run", "--allow-dirty", "--quiet"]);
await step("deno", ["task", "--quiet", "build:npm"]);
await step("deno", ["run", "--quiet", "--allow-all", "scripts/check_npm.ts"]);
const distTag = version.includes("-") ? "next" : "latest";
await step("npm", ["publish", "--dry-run", "--ignore-scripts", "--tag", distTag], "npm");

for (const problem of problems) console.error(`Cannot release ${version}: ${problem}`);
if (problems.length > 0) Deno.exit(1);
console.log(`${config.name} ${version} can be published`);

async function step(program: "deno" | "npm", args: string[], cwd = "."): Promise<void> {
  const command = [program, ...args].join(" ");
  const { success, stdout, stderr } = await new Deno.Command(
    program === "deno" ? Deno.execPath() : program,
    { args, cwd, stdin: "null" },
  ).output();
  const text = [stdout, stderr].map((it) => new TextDecoder().decode(it)).join("").trim();
  if (!success) problems.push(`${command} failed\n${text}`);
  console.log(`${success ? "ok    " : "FAILED"} ${command}`);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
