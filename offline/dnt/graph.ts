/** Finds the modules of the package, and rewrites what they import. */

import ts from "typescript";

/** One module of the package: where it goes, and its text with specifiers that Node understands. */
export interface Module {
  /** The file in `esm/` and `script/`, still with `.ts` at its end: `src/client.ts`. */
  path: string;
  /** The text. */
  text: string;
}

/** The part of `deno info --json` that is read here. */
interface Info {
  roots: string[];
  modules: InfoModule[];
  redirects?: Record<string, string>;
}

interface InfoModule {
  specifier: string;
  local?: string;
  error?: string;
  dependencies?: {
    specifier: string;
    code?: { specifier?: string };
    type?: { specifier?: string };
  }[];
}

/** All modules that the entry points reach, and where each entry point went. */
export async function readGraph(
  entryPoints: string[],
): Promise<{ modules: Module[]; entries: string[] }> {
  const infos = await Promise.all(entryPoints.map(denoInfo));
  const found = new Map(infos.flatMap((it) => it.modules).map((it) => [it.specifier, it]));
  const redirects = Object.assign({}, ...infos.map((it) => it.redirects));
  const resolve = (specifier: string): string => redirects[specifier] ?? specifier;

  const modules: Module[] = [];
  for (const module of found.values()) {
    if (module.error) throw new Error(`Cannot build ${module.specifier}: ${module.error}`);
    if (module.specifier.startsWith("node:")) continue;
    if (!module.local || !module.specifier.startsWith("file:")) {
      throw new Error(`Cannot build ${module.specifier}: only local modules are supported`);
    }
    const path = placeOf(module.specifier);
    const targets = new Map(
      (module.dependencies ?? []).map((it) => {
        const target = it.code?.specifier ?? it.type?.specifier ?? it.specifier;
        return [it.specifier, relative(path, resolve(target))];
      }),
    );
    modules.push({ path, text: rewrite(path, await Deno.readTextFile(module.local), targets) });
  }
  return { modules, entries: infos.map((it) => placeOf(resolve(it.roots[0]!))) };
}

async function denoInfo(entryPoint: string): Promise<Info> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entryPoint],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The place of a module in the package: its path below the working directory, or for a stand-in below `deps/`. */
function placeOf(specifier: string): string {
  const root = `file://${Deno.cwd()}/`;
  if (!specifier.startsWith(root)) {
    throw new Error(`Cannot build ${specifier}: it is outside of ${root}`);
  }
  return specifier.slice(root.length).replace(/^\.?offline\//, "deps/");
}

/** The specifier for `target` in the module at `path`: relative, and with the ending of the output. */
function relative(path: string, target: string): string {
  if (!target.startsWith("file:")) return target;
  const from = path.split("/").slice(0, -1);
  const to = placeOf(target).split("/");
  while (from.length > 0 && from[0] === to[0]) {
    from.shift();
    to.shift();
  }
  const up = from.length === 0 ? "./" : "../".repeat(from.length);
  return up + to.join("/").replace(/\.ts$/, ".js");
}

/** Puts the new specifiers in the place of the old ones and changes nothing else. */
function rewrite(path: string, text: string, targets: ReadonlyMap<string, string>): string {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const edits: [start: number, end: number, specifier: string][] = [];
  const visit = (node: ts.Node): void => {
    const literal = specifierOf(node);
    const target = literal && targets.get(literal.text);
    if (literal && target) edits.push([literal.getStart(source) + 1, literal.end - 1, target]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return edits.sort(([a], [b]) => b - a).reduce(
    (result, [start, end, target]) => result.slice(0, start) + target + result.slice(end),
    text,
  );
}

function specifierOf(node: ts.Node): ts.StringLiteral | undefined {
  let specifier: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    specifier = node.moduleSpecifier;
  } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    specifier = node.argument.literal;
  } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    specifier = node.arguments[0];
  }
  return specifier && ts.isStringLiteral(specifier) ? specifier : undefined;
}
