/**
 * Sets the version for a release: in deno.json, where it lives, in `VERSION`, and as the heading of
 * what CHANGELOG.md lists as unreleased.
 *
 * `deno task version 0.2.0`
 *
 * @module
 */

const [version = ""] = Deno.args;
if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) {
  console.error(`Cannot use ${JSON.stringify(version)} as a version: give one such as 0.2.0`);
  Deno.exit(2);
}

const today = new Date().toISOString().slice(0, 10);
replace("deno.json", /("version": ")[^"]*(")/, `$1${version}$2`);
replace("src/base/runtime.ts", /(export const VERSION = ")[^"]*(";)/, `$1${version}$2`);
replace("CHANGELOG.md", /^## Unreleased$/m, `## Unreleased\n\n## ${version} - ${today}`);
console.log(`The version is ${version}. Next: deno task release:check`);

function replace(path: string, pattern: RegExp, text: string): void {
  const before = Deno.readTextFileSync(path);
  if (!pattern.test(before)) {
    console.error(`Cannot set the version in ${path}: it has no ${pattern}`);
    Deno.exit(1);
  }
  Deno.writeTextFileSync(path, before.replace(pattern, text));
}
