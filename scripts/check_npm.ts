/**
 * Checks the package in `npm/` as it would be published: publint for what bundlers and Node make of
 * it, arethetypeswrong for what TypeScript does, and that dnt has added no code of its own.
 *
 * @module
 */

const PUBLINT = "0.3.25";
const ATTW = "0.18.5";
const DIR = "npm";

/** A problem that arethetypeswrong found. */
interface Problem {
  kind: string;
  entrypoint?: string;
  resolutionKind?: string;
}

// By names that are put together here: a type checker would load all that they depend on.
const [{ publint }, { formatMessage }, { checkPackage, Package }] = await Promise.all([
  import(`npm:publint@${PUBLINT}`),
  import(`npm:publint@${PUBLINT}/utils`),
  import(`npm:@arethetypeswrong/core@${ATTW}`),
]);

const manifest = JSON.parse(await Deno.readTextFile(`${DIR}/package.json`));
const files: Record<string, Uint8Array> = {};
await read("");

/** A shim is made at import, and a polyfill changes the globals of a program, and their types. */
const ADDED = /_dnt\.|dntGlobalThis/;
const added = Object.entries(files).filter(([path, bytes]) =>
  ADDED.test(path) || ADDED.test(new TextDecoder().decode(bytes))
);
for (const [path] of added) {
  console.error(`${path} is or asks for a shim or a polyfill of dnt: see scripts/build_npm.ts`);
}

const { messages } = await publint({ pkgDir: DIR, pack: false, strict: true });
for (const message of messages) {
  console.error(`publint: ${message.type}: ${formatMessage(message, manifest)}`);
}

const pkg = new Package(files, manifest.name, manifest.version);
const { problems }: { problems: Problem[] } = await checkPackage(pkg);
// TypeScript before 4.7 does not know `exports`, so that it finds no door but the first.
const found = problems.filter((it) =>
  it.resolutionKind !== "node10" || it.kind !== "NoResolution" || it.entrypoint === "."
);
for (const problem of found) console.error(`attw: ${JSON.stringify(problem)}`);

/** Registries show these, and the notice is owed to the authors of what is built in. */
const OWED = ["repository", "homepage", "bugs", "license", "files"];
const lacking = [
  ...OWED.filter((field) => !manifest[field]).map((field) => `the field ${field}`),
  ...[
    "README.md",
    "LICENSE",
    "THIRD_PARTY.md",
    "CHANGELOG.md",
    "docs/api.md",
    "skills/replicate/SKILL.md",
  ].filter((name) => !files[`/node_modules/${manifest.name}/${name}`]),
];
for (const what of lacking) console.error(`The package lacks ${what}: see scripts/build_npm.ts`);

const count = messages.length + found.length + added.length + lacking.length;
const sizes = Object.values(files).map(({ length }) => length);
const total = Math.round(sizes.reduce((sum, it) => sum + it, 0) / 1000);
console.log(`${sizes.length} files, ${total} kB, ${count} problems`);
if (count > 0) Deno.exit(1);

/** True for what npm publishes: the `files` of package.json, and three that it always takes. */
function isPublished(path: string): boolean {
  const taken: string[] = ["package.json", "README.md", "LICENSE", ...manifest.files];
  return taken.some((it) => path === it || path.startsWith(`${it}/`));
}

/** Reads what is published, by the names that it has when the package is installed. */
async function read(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(`${DIR}/${folder}`)) {
    const path = `${folder}${name}`;
    if (isDirectory) await read(`${path}/`);
    else if (isPublished(path)) {
      files[`/node_modules/${manifest.name}/${path}`] = await Deno.readFile(`${DIR}/${path}`);
    }
  }
}
