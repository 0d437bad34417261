/**
 * Checks who imports whom in `src`, and which files touch the platform.
 *
 * A folder is a layer. A file may import from its own layer and from those before it, never from those
 * after it, and no files import each other in a circle. Doors stand beside the layers, each with a rule
 * of its own.
 *
 * @module
 */
import ts from "typescript";
import { type Offence, readSources, report, type SourceFile } from "./sources.ts";

/** The folders of `src`, and its files, from the lowest layer to the highest. */
export const LAYERS: readonly string[] =
  "base errors http files resources schema run batch official client mod".split(" ");

/** Folders beside the layers: what each may import, besides its own files. */
const DOORS: Record<string, { imports: RegExp; rule: string }> = {
  webhooks: {
    imports: /^src\/(base\/|errors|resources\/(predictions|trainings))/,
    rule: "webhooks imports base, errors and the types of jobs only",
  },
  serve: {
    imports: /^src\/(base\/|errors|http\/|resources\/|run\/|webhooks\/)/,
    rule: "serve takes a client by its shape, and imports no other door than webhooks",
  },
  stores: {
    imports: /^src\/(base\/|errors|batch\/types)/,
    rule: "stores imports base, errors and the type of a store only",
  },
  ai: {
    imports: /^src\/(base\/|errors|files\/|resources\/|schema\/|run\/)/,
    rule: "ai takes a client by its shape, and imports no other door",
  },
  trace: {
    imports: /^src\/(base\/|errors|http\/|resources\/|run\/|batch\/types)/,
    rule: "trace takes a client by its shape, and imports no other door",
  },
  durable: {
    imports: /^src\/(base\/|errors|files\/|http\/|resources\/|run\/)/,
    rule: "durable takes a client by its shape, and imports no other door",
  },
  sinks: {
    imports: /^src\/(base\/|errors|files\/|http\/|resources\/|run\/)/,
    rule: "sinks is handed outputs, and imports neither the client nor another door",
  },
  cog: {
    imports: /^src\/(base\/|errors|http\/)/,
    rule: "cog is a fetch, and imports base, errors and http only",
  },
  testing: { imports: /^src\/(?!client|cli\/)/, rule: "testing never imports client" },
  cli: { imports: /^(src\/|mod\.ts)/, rule: "" },
};

/** The only imports that lead from a layer to a door, or between doors that do not say so. */
const INTO_DOORS = /^mod\.ts > webhooks$|^(serve|testing) > webhooks$|^cli > /;

/** Packages the library may import, and from where. The first that fits decides. */
const PACKAGES: { name: RegExp; importedBy: RegExp; rule: string }[] = [
  {
    name: /^@std\/async(\/retry)?$/,
    importedBy: /^src\/(http\/retry\.ts|testing\/|cli\/)/,
    rule: "only src/http/retry.ts imports @std/async/retry; for others there is @std/async/delay",
  },
  { name: /^@std\/(async|streams|encoding)(\/|$)/, importedBy: /./, rule: "" },
  {
    name: /^node:/,
    importedBy: /^src\/(testing|cli)\//,
    rule: "the library loads no node: module; src/base/runtime.ts asks for one at run time",
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
    // A page that watches a ticket has neither a client nor a token. A store is not Replicate, and
    // cog is a fetch itself.
    usedBy:
      /^src\/(http\/send\.ts|serve\/watch\.ts|sinks\/put\.ts|cog\/untimed_fetch\.ts|testing\/|cli\/)/,
    rule: "only src/http/send.ts uses the platform's fetch",
  },
  {
    names: ["Deno", "Bun", "process", "Buffer"],
    usedBy: /^src\/(base\/runtime\.ts|testing\/|cli\/)/,
    rule: "only src/base/runtime.ts asks where it runs",
  },
];

/** The length of a file that still has one reason to change. */
const MOST_LINES = 300;

/** Every broken rule in the files, in the order of the files. */
export function checkLayers(files: Iterable<SourceFile>): Offence[] {
  const all = [...files];
  const imports = new Map<string, string[]>();
  const offences = all.flatMap((file) => checkFile(file, imports));
  return [...offences, ...circlesIn(imports)];
}

function checkFile({ path, text }: SourceFile, imports: Map<string, string[]>): Offence[] {
  const offences: Offence[] = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const tell = (node: ts.Node, fact: string, { rule, list }: Broken): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    const message = `${fact}: ${rule} (${list} in scripts/layers.ts)`;
    offences.push({ path, line: line + 1, message });
  };

  const room = roomOf(path);
  if (room !== undefined && !LAYERS.includes(room) && !DOORS[room]) {
    const message =
      `is in no layer and no door: name "${room}" in LAYERS or DOORS of scripts/layers.ts`;
    offences.push({ path, line: 0, message });
  }
  const lines = text.split("\n").length - 1;
  if (lines > MOST_LINES) {
    const message = `has ${lines} lines, more than ${MOST_LINES}: split it by reason`;
    offences.push({ path, line: 0, message });
  }
  const targets: string[] = [];
  imports.set(path, targets);
  const declared = declaredNames(source);
  const visit = (node: ts.Node): void => {
    const specifier = importedBy(node);
    if (specifier !== undefined) {
      const broken = brokenByImport(path, specifier);
      if (broken) tell(node, `imports "${specifier}"`, broken);
      if (specifier.startsWith(".")) targets.push(targetOf(path, specifier));
    }
    const name = globalUsedBy(node, declared);
    const use = GLOBALS.find(({ names }) => name !== undefined && names.includes(name));
    if (use && !use.usedBy.test(path)) {
      tell(node, `uses ${name}`, { rule: use.rule, list: "GLOBALS" });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return offences;
}

/** A rule, and the list in this file that wants a line if it is to be another. */
interface Broken {
  rule: string;
  list: "LAYERS" | "DOORS" | "INTO_DOORS" | "PACKAGES" | "GLOBALS";
}

/** The rule an import breaks, if any. */
function brokenByImport(path: string, specifier: string): Broken | undefined {
  if (!specifier.startsWith(".")) {
    const entry = PACKAGES.find(({ name }) => name.test(specifier));
    const isFree = !entry || entry.importedBy.test(path);
    return isFree ? undefined : { rule: entry.rule, list: "PACKAGES" };
  }
  const target = targetOf(path, specifier);
  const [from, to] = [roomOf(path), roomOf(target)];
  const isUnknown = from === undefined || (!LAYERS.includes(from) && !DOORS[from]);
  if (isUnknown || from === to) return undefined;
  if (to === undefined) return { rule: "the library imports files of src only", list: "LAYERS" };
  const door = DOORS[from];
  if (door && !door.imports.test(target)) return { rule: door.rule, list: "DOORS" };
  if (DOORS[to] && !INTO_DOORS.test(`${path === "mod.ts" ? path : from} > ${to}`)) {
    return { rule: `no layer imports the door ${to}`, list: "INTO_DOORS" };
  }
  if (door || DOORS[to] || LAYERS.indexOf(to) <= LAYERS.indexOf(from)) return undefined;
  return { rule: `the layer "${from}" is before "${to}"`, list: "LAYERS" };
}

function targetOf(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

/** The layer or door of a file: its folder in `src`, or its own name there. */
function roomOf(path: string): string | undefined {
  return path === "mod.ts" ? "mod" : /^src\/(\w+)/.exec(path)?.[1];
}

/** Every circle of imports, types counted, reported at its first file. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): Offence[] {
  const done = new Set<string>();
  const offences: Offence[] = [];
  const visit = (path: string, above: string[]): void => {
    const at = above.indexOf(path);
    if (at >= 0) {
      const circle = [...above.slice(at), path].join(" > ");
      offences.push({ path, line: 0, message: `is in a circle of imports: ${circle}` });
    }
    if (at >= 0 || done.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...above, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return offences;
}

/** The module that an import, a re-export, an `import()` or an `import("x").T` names. */
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

if (import.meta.main) {
  const files = await readSources(["mod.ts", "src"]);
  report("layers", files.length, checkLayers(files));
}
