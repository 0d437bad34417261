/** TypeScript programs that use the package, checked as their authors would: by `tsc --noEmit`. */

import type { Result } from "./checks.ts";
import type { Target } from "./targets.ts";

const TYPES_OF_NODE = "24.10.1";

/** The newest compiler, and the last line that can do without `esModuleInterop`. */
const COMPILERS = { "7.0.2": "true", "5.9.3": "false" };

const RESOLUTIONS: Record<string, { files: string[]; args: string[] }> = {
  nodenext: { files: ["consumer.mts", "consumer.cts"], args: ["--module", "nodenext"] },
  bundler: {
    files: ["consumer.ts"],
    args: ["--module", "esnext", "--moduleResolution", "bundler", "--exactOptionalPropertyTypes"],
  },
};

/** Without `skipLibCheck`: our own declarations are checked as well. */
const STRICT = ["--noEmit", "--strict", "--target", "es2022", "--pretty", "false"];

/** The types of the platform that a program has: Node's or those of the DOM. */
const SURROUNDINGS: Record<string, string[]> = {
  "node types": ["--lib", "es2022", "--types", "node"],
  "dom types": ["--lib", "es2022,dom", "--typeRoots", "./none"],
};

/** One line of the table for a compiler and a way to resolve modules. */
export function consumers(): Target[] {
  return Object.entries(COMPILERS).flatMap(([version, interop]) =>
    Object.entries(RESOLUTIONS).map(([resolution, { files, args }]): Target => ({
      name: `TypeScript, ${resolution}`,
      async run(dir) {
        const results: Result[] = [];
        for (const [types, surroundings] of Object.entries(SURROUNDINGS)) {
          const more = [...surroundings, "--esModuleInterop", interop];
          const error = await tsc(dir, version, [...STRICT, ...args, ...more, ...files]);
          results.push({ name: types, ok: error === "", error });
        }
        return { version, results };
      },
    }))
  );
}

/** Writes the program for each way to resolve modules, and installs the types of Node. */
export async function writeConsumers(dir: string): Promise<void> {
  const dependencies = { "@types/node": TYPES_OF_NODE };
  await Deno.writeTextFile(`${dir}/package.json`, JSON.stringify({ dependencies }));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: dir,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const text = await Deno.readTextFile(`${import.meta.dirname}/consumer.ts`);
  const required =
    'import required = require("@x/replicate");\nrequired.Client satisfies object;\n';
  await Deno.writeTextFile(`${dir}/consumer.ts`, text);
  await Deno.writeTextFile(`${dir}/consumer.mts`, text);
  await Deno.writeTextFile(`${dir}/consumer.cts`, text + required);
  // One by one, as side by side the first start can fail.
  for (const version of Object.keys(COMPILERS)) await tsc(dir, version, ["--version"]);
}

/** Runs the compiler, and gives its complaints. */
async function tsc(dir: string, version: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["x", "--quiet", "--yes", "--package", `typescript@${version}`, "tsc", ...args],
    cwd: dir,
    stdin: "null",
  }).output();
  const text = [stdout, stderr].map((it) => new TextDecoder().decode(it)).join("").trim();
  return success ? "" : text || "tsc failed";
}
