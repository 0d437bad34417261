/**
 * Writes TypeScript for models from their schemas: `deno task types owner/name[:version] ... -o models.ts`.
 *
 * - `-o FILE` is the file to write; without it, the text is printed.
 * - `--check` writes nothing, and exits with 1 and a difference if the file would change. Without names it
 *   checks the models that the file has.
 * - `--from FILE` reads the schemas from a JSON file instead of the API.
 * - `--registry` types the models' names as well, for `client.run("owner/name", ...)`.
 * - `--descriptions` keeps descriptions in the schemas, for tools of language models.
 * - `--import NAME` is the package to import from, such as `jsr:@x/replicate`.
 *
 * Private models need REPLICATE_API_TOKEN.
 *
 * @module
 */
import { createSend } from "../mod.ts";
import {
  difference,
  generateTypes,
  type ModelSource,
  readSources,
  sourcesOf,
} from "../src/schema/codegen/mod.ts";

const USAGE = "Usage: deno task types owner/name[:version] ... [-o FILE] [--check] [--from FILE] " +
  "[--registry] [--descriptions] [--import NAME]";

interface Arguments {
  refs: string[];
  out?: string;
  from?: string;
  import?: string;
  check: boolean;
  registry: boolean;
  descriptions: boolean;
}

function parse(args: readonly string[]): Arguments {
  const parsed: Arguments = { refs: [], check: false, registry: false, descriptions: false };
  const queue = [...args];
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    const [flag, inline] = /^--\w+=/.test(arg) ? arg.split(/=(.*)/s) as [string, string] : [arg];
    const value = (): string => inline ?? queue.shift() ?? fail(`${flag} needs a value`);
    if (flag === "-o" || flag === "--out") parsed.out = value();
    else if (flag === "--from") parsed.from = value();
    else if (flag === "--import") parsed.import = value();
    else if (flag === "--check") parsed.check = true;
    else if (flag === "--registry") parsed.registry = true;
    else if (flag === "--descriptions") parsed.descriptions = true;
    else if (flag === "-h" || flag === "--help") {
      console.log(USAGE);
      Deno.exit(0);
    } else if (flag.startsWith("-")) fail(`there is no option ${flag}`);
    else parsed.refs.push(arg);
  }
  return parsed;
}

function fail(why: string): never {
  console.error(`Cannot write types: ${why}\n${USAGE}`);
  Deno.exit(2);
}

/** The models that a generated file has. */
function refsIn(text: string): string[] {
  const made = text.matchAll(/PURE__ \*\/ (?:model|trainer)\(\s*"([^"]+)"/g);
  return [...new Set([...made].map(([, ref]) => ref!))];
}

async function sources({ from, refs }: Arguments): Promise<ModelSource[]> {
  if (from !== undefined) return sourcesOf(JSON.parse(await Deno.readTextFile(from)), refs);
  // Public models can be read with any token, and the API wants one.
  return await readSources(createSend(), refs);
}

const args = parse(Deno.args);
const before = args.out === undefined
  ? undefined
  : await Deno.readTextFile(args.out).catch(() => undefined);
if (args.check && args.out === undefined) fail("--check needs the file, as -o FILE");
if (args.refs.length === 0 && args.from === undefined) {
  args.refs = refsIn(before ?? "");
  if (args.refs.length === 0) fail("name a model, as owner/name");
}
try {
  const { registry, descriptions } = args;
  const text = generateTypes(await sources(args), { registry, descriptions, from: args.import });
  if (args.out === undefined) {
    console.log(text.trimEnd());
  } else if (args.check) {
    const changes = difference(before ?? "", text);
    if (changes) {
      console.error(`${args.out} is not what the models' schemas say:\n\n${changes}`);
      console.error("Write it anew, without --check");
      Deno.exit(1);
    }
    console.log(`${args.out} is up to date`);
  } else {
    await Deno.writeTextFile(args.out, text);
    console.log(`Wrote ${args.out}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
