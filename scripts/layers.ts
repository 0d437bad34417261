/**
 * Checks who imports whom in `src`, and which files touch the platform.
 *
 * Files are sorted into layers. A file may import from its own layer and from those before it, never
 * from those after it. Some folders are doors of their own and have rules of their own.
 *
 * @module
 */
import ts from "typescript";

/** A source file: its path from the root of the repository, and its text. */
export interface SourceFile {
  /** Such as `src/run/wait.ts`. */
  path: string;
  /** The TypeScript in it. */
  text: string;
}

/** One broken rule. */
export interface Offence {
  /** The file that breaks it. */
  path: string;
  /** The line, counted from 1; 0 when it is about the file as a whole. */
  line: number;
  /** What is there, and which rule it breaks. */
  message: string;
}

/** First match decides. A line in here is all a new file needs. */
const LAYERS: [name: string, files: RegExp][] = [
  [
    "errors path duration runtime types",
    /^src\/(errors|path|duration|runtime|types|job_status|json|network|numbers|on_abort|problem|retry_after|timeout|words)\.ts$/,
  ],
  [
    "retry limiter",
    /^src\/((retry|limiter|attempt|auth|body|failure|options|parts|request)\.ts$|limiter\/)/,
  ],
  ["send sse", /^src\/(send|sse|sse_event|sse_parser)\.ts$/],
  ["pages resource", /^src\/(pages|resource)\.ts$/],
  ["files", /^src\/files\//],
  ["resources", /^src\/resources\//],
  ["schema", /^src\/schema\//],
  ["run", /^src\/run\//],
  ["client", /^src\/client\.ts$/],
  ["mod", /^mod\.ts$/],
];

/** Folders beside the layers: what they may import, and who may import them. */
const DOORS: { files: RegExp; imports: RegExp; importedBy: RegExp; rule: string }[] = [
  {
    files: /^src\/webhooks\//,
    // Of the resources it has the types of what is delivered; nothing of them is left at run time.
    imports: /^src\/(errors|duration|job_status|words|resources\/(predictions|trainings))\.ts$/,
    importedBy: /^(mod\.ts|src\/(client\.ts|serve\/|testing\/|cli\/))/,
    rule:
      "webhooks imports errors, duration and types of jobs only, and no layer before client imports it",
  },
  {
    files: /^src\/serve\//,
    imports:
      /^src\/((errors|words|duration|job_status|path|sse|sse_event|sse_parser|request)\.ts$|resources\/|run\/|webhooks\/)/,
    importedBy: /^src\/cli\//,
    rule: "serve takes a client by its shape, and nothing but cli imports it",
  },
  {
    files: /^src\/testing\//,
    imports: /^src\/(?!client\.ts|cli\/)/,
    importedBy: /^src\/cli\//,
    rule: "testing never imports client, and only cli imports it",
  },
  {
    files: /^src\/stores\//,
    imports: /^src\/(errors|runtime|run\/batch_types)\.ts$/,
    importedBy: /^src\/cli\//,
    rule: "stores imports errors, runtime and the type of a store only, and only cli imports it",
  },
  {
    files: /^src\/cli\//,
    imports: /./,
    importedBy: /^$/,
    rule: "nothing imports cli",
  },
];

/** Packages the library may import, and from where. */
const PACKAGES: { name: RegExp; importedBy: RegExp; rule: string }[] = [
  {
    name: /^@std\/async(\/retry)?$/,
    importedBy: /^src\/(retry\.ts|testing\/|cli\/)/,
    rule: "only src/retry.ts imports @std/async/retry; for others there is @std/async/delay",
  },
  {
    name: /^@std\/(async|streams|encoding)(\/|$)/,
    importedBy: /./,
    rule: "",
  },
  {
    name: /^node:/,
    importedBy: /^src\/(testing|cli)\//,
    rule: "the library loads no node: module; src/runtime.ts asks for one at run time",
  },
  {
    name: /./,
    importedBy: /^$/,
    rule: "the library imports @std/async, @std/streams and @std/encoding only",
  },
];

/** Names of the platform, and who may use them. */
const GLOBALS: { names: string[]; usedBy: RegExp; rule: string }[] = [
  {
    names: ["fetch"],
    usedBy: /^src\/(send\.ts|serve\/watch\.ts|testing\/|cli\/)/,
    // A page that watches a ticket has neither a client nor a token.
    rule: "only src/send.ts uses the platform's fetch",
  },
  {
    names: ["Deno", "Bun", "process", "Buffer"],
    usedBy: /^src\/(runtime\.ts|testing\/|cli\/)/,
    rule: "only src/runtime.ts asks where it runs",
  },
];

/** Every broken rule in the files, in the order of the files. */
export function checkLayers(files: Iterable<SourceFile>): Offence[] {
  return [...files].flatMap((file) => checkFile(file));
}

function checkFile({ path, text }: SourceFile): Offence[] {
  const offences: Offence[] = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const report = (node: ts.Node, what: string, rule: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    offences.push({ path, line: line + 1, message: `${what}: ${rule}` });
  };

  if (layerOf(path) === undefined && doorOf(path) === undefined) {
    const message = "has no layer: name it in LAYERS of scripts/layers.ts";
    offences.push({ path, line: 0, message });
  }
  const declared = declaredNames(source);
  const visit = (node: ts.Node): void => {
    const specifier = importedBy(node);
    if (specifier !== undefined) {
      const rule = brokenByImport(path, specifier);
      if (rule) report(node, `imports "${specifier}"`, rule);
    }
    const name = globalUsedBy(node, declared);
    const use = GLOBALS.find(({ names }) => name !== undefined && names.includes(name));
    if (use && !use.usedBy.test(path)) report(node, `uses ${name}`, use.rule);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return offences;
}

/** The rule an import breaks, if any. */
function brokenByImport(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) {
    const entry = PACKAGES.find(({ name }) => name.test(specifier));
    return entry && !entry.importedBy.test(path) ? entry.rule : undefined;
  }
  const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
  const [from, to] = [doorOf(path), doorOf(target)];
  if (from && from === to) return undefined;
  if (from && !from.imports.test(target)) return from.rule;
  if (to && !to.importedBy.test(path)) return to.rule;
  if (from || to) return undefined;

  const [own, other] = [layerOf(path), layerOf(target)];
  if (own === undefined) return undefined;
  if (other === undefined) {
    // A file of src without a layer is reported once, as a file.
    return target.startsWith("src/") ? undefined : "the library imports files of src only";
  }
  if (other <= own) return undefined;
  return `"${LAYERS[own]![0]}" is a layer before "${LAYERS[other]![0]}"`;
}

function layerOf(path: string): number | undefined {
  const index = LAYERS.findIndex(([, files]) => files.test(path));
  return index < 0 ? undefined : index;
}

function doorOf(path: string): typeof DOORS[number] | undefined {
  return DOORS.find(({ files }) => files.test(path));
}

/** What an import, a re-export, an `import()` or an `import("x").T` names. */
function importedBy(node: ts.Node): string | undefined {
  let specifier: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    specifier = node.moduleSpecifier;
  } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    specifier = node.argument.literal;
  } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    specifier = node.arguments[0];
  }
  return specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
}

/** The global name a node refers to: `Deno`, or `fetch` of `globalThis.fetch`. */
function globalUsedBy(node: ts.Node, declared: ReadonlySet<string>): string | undefined {
  if (!ts.isIdentifier(node)) return undefined;
  const { parent } = node;
  // `typeof fetch` is a type: nothing of it is left when the code runs.
  if (ts.isTypeQueryNode(parent)) return undefined;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    const { expression } = parent;
    return ts.isIdentifier(expression) && expression.text === "globalThis" ? node.text : undefined;
  }
  if (isNameOfMember(node, parent)) return undefined;
  return declared.has(node.text) ? undefined : node.text;
}

/** True when the identifier names a field, a method, a key or the like: not a variable. */
function isNameOfMember(node: ts.Identifier, parent: ts.Node): boolean {
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  const named = ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) || ts.isGetAccessor(parent) || ts.isSetAccessor(parent) ||
    ts.isEnumMember(parent) || ts.isNamedTupleMember(parent);
  return named && parent.name === node;
}

/** The names a file declares itself, so that a parameter called `fetch` is not the platform's. */
function declaredNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const declares = ts.isVariableDeclaration(node) || ts.isParameter(node) ||
      ts.isBindingElement(node) || ts.isFunctionDeclaration(node) || ts.isImportSpecifier(node);
    const ambient = ts.isVariableStatement(node) &&
      node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
    if (declares && node.name && ts.isIdentifier(node.name)) names.add(node.name.text);
    if (!ambient) ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/** Reads mod.ts and everything in src. */
async function* readSources(root: URL): AsyncGenerator<SourceFile> {
  async function* walk(path: string): AsyncGenerator<string> {
    for await (const entry of Deno.readDir(new URL(path, root))) {
      if (entry.isDirectory) yield* walk(`${path}${entry.name}/`);
      else if (entry.name.endsWith(".ts")) yield `${path}${entry.name}`;
    }
  }
  const paths = ["mod.ts", ...await Array.fromAsync(walk("src/"))];
  for (const path of paths.sort()) {
    yield { path, text: await Deno.readTextFile(new URL(path, root)) };
  }
}

if (import.meta.main) {
  const files = await Array.fromAsync(readSources(new URL("../", import.meta.url)));
  const offences = checkLayers(files);
  for (const { path, line, message } of offences) {
    console.error(line ? `${path}:${line} ${message}` : `${path} ${message}`);
  }
  console.log(`layers: ${files.length} files, ${offences.length} offences`);
  if (offences.length > 0) Deno.exit(1);
}
