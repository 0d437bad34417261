/** Merges the many modules of the package into few files: a program that starts waits for each. */

import {
  type InputPlugin,
  loadRollup,
  type ModuleInfo,
  type Node,
  type OutputOptions,
  type OutputPlugin,
} from "./rollup.ts";

/** Where the files come from, and where they go. */
export interface MergeOptions {
  /** The folder of the ES modules. */
  from: string;
  /** The doors in there, the front door first: `["mod.js", "src/webhooks/mod.js"]`. */
  doors: string[];
  /** What gets a file of its own, with all that it needs: `"src/send.js"`. */
  apart: string;
  /** The folder for ES modules. */
  esm: string;
  /** The folder for CommonJS. */
  script: string;
}

/**
 * Writes a file for each door, and two that they share, so that a class is the same one behind each
 * door: `shared.js` for what the front door has in common with others, and `side_doors.js` for what
 * only the others do, which the front door does not load.
 *
 * What is `apart` gets a file too, named after it. All bundlers leave out a file of which nothing is
 * used, but of one that is used some keep more than they have to.
 */
export async function merge({ from, doors, apart, esm, script }: MergeOptions): Promise<void> {
  const root = await Deno.realPath(from);
  const rollup = await loadRollup();
  const bundle = await rollup({
    input: Object.fromEntries(doors.map((it) => [it.replace(/\.js$/, ""), `${root}/${it}`])),
    plugins: [pureConstants],
    onwarn({ message }) {
      throw new Error(`Cannot merge the modules: ${message}`);
    },
  });
  const front = `${root}/${doors[0]}`;
  const name = apart.replace(/^.*\/|\.js$/g, "");
  const options: Omit<OutputOptions, "format" | "dir"> = {
    chunkFileNames: "[name].js",
    // The names stay as they are in the source, and no door imports what it has no use for.
    minifyInternalExports: false,
    hoistTransitiveImports: false,
    generatedCode: { preset: "es2015", symbols: false },
    esModule: true,
    plugins: [noDocs],
    manualChunks(id, { getModuleInfo }) {
      const found = waysTo(id, getModuleInfo);
      const entries = [...found].filter((it) => getModuleInfo(it)?.isEntry);
      if (entries.length > 1) return found.has(front) ? "shared" : "side_doors";
      return found.has(`${root}/${apart}`) ? name : undefined;
    },
  };
  await bundle.write({ ...options, format: "es", dir: esm });
  await bundle.write({ ...options, format: "cjs", dir: script });
  await bundle.close();
}

const noDocs: OutputPlugin = {
  name: "no-docs",
  renderChunk(code) {
    return withoutDocs(code, this.parse(code));
  },
};

const pureConstants: InputPlugin = {
  name: "pure-constants",
  transform(code) {
    return withPureConstants(code, this.parse(code));
  },
};

/** The modules that import a module, themselves or by others, and the module itself. */
function waysTo(
  id: string,
  infoOf: (id: string) => ModuleInfo | null,
  found: Set<string> = new Set(),
): Set<string> {
  if (found.has(id)) return found;
  found.add(id);
  for (const importer of infoOf(id)?.importers ?? []) waysTo(importer, infoOf, found);
  return found;
}

/** Leaves doc comments out. They are in the declarations, and far from those now, they pack badly. */
function withoutDocs(code: string, program: Node): string {
  const templates: Node[] = [];
  const visit = (node: Node): void => {
    if (node.type === "TemplateElement") templates.push(node);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program);
  // What looks like one in a template is text.
  const isText = (at: number): boolean => templates.some((it) => it.start <= at && at < it.end);
  return code.replace(
    /^[ \t]*\/\*\*(?:(?!\*\/)[^])*\*\/\n/gm,
    (comment, at: number) => isText(at) ? comment : "",
  );
}

/**
 * Makes the constants of a module such that bundlers see that they have no effects: marks calls such
 * as `new RegExp()`, and works out sums such as `64 * 1024`. The package says the same of whole files
 * (`sideEffects`), but of merged ones a program needs some statements only.
 */
function withPureConstants(code: string, program: Node): string {
  const edits: { start: number; end: number; text: string }[] = [];
  const isMarked = (start: number): boolean =>
    code.slice(0, start).trimEnd().endsWith("__PURE__ */") ||
    edits.some((edit) => edit.start === start);
  const visit = (node: Node): void => {
    // What is within a function or a class does not run yet.
    if (/Function|^Class/.test(node.type)) return;
    const sum = node.type === "BinaryExpression" ? numberOf(node) : undefined;
    if (sum !== undefined) {
      edits.push({ start: node.start, end: node.end, text: String(sum) });
      return;
    }
    const isCall = node.type === "CallExpression" || node.type === "NewExpression";
    if (isCall && !isMarked(node.start)) {
      edits.push({ start: node.start, end: node.start, text: "/* @__PURE__ */ " });
    }
    for (const child of childrenOf(node)) visit(child);
  };
  for (const statement of program.body as Node[]) {
    const declaration = isNode(statement.declaration) ? statement.declaration : statement;
    if (declaration.type === "VariableDeclaration") visit(declaration);
  }
  return edits.sort((a, b) => b.start - a.start).reduce(
    (text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end),
    code,
  );
}

/** What a sum of numbers comes to; `undefined` if it is another expression. */
function numberOf(node: Node): number | undefined {
  if (node.type === "Literal") return typeof node.value === "number" ? node.value : undefined;
  if (node.type !== "BinaryExpression") return undefined;
  const [left, right] = [numberOf(node.left as Node), numberOf(node.right as Node)];
  if (left === undefined || right === undefined) return undefined;
  switch (node.operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "**":
      return left ** right;
  }
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flat().filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
