/** Reads the TypeScript of the library, and reports where it breaks a rule. Shared by the checks. */

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
  /** The rule, what breaks it, and what to do. */
  message: string;
}

/** Reads files, and all `.ts` files of folders, by their paths from the root of the repository. */
export async function readSources(paths: readonly string[]): Promise<SourceFile[]> {
  const root = new URL("../", import.meta.url);
  const read = async (path: string): Promise<SourceFile[]> => {
    const url = new URL(path, root);
    if ((await Deno.stat(url)).isFile) return [{ path, text: await Deno.readTextFile(url) }];
    const entries = await Array.fromAsync(Deno.readDir(url));
    const inside = entries.filter((it) => it.isDirectory || it.name.endsWith(".ts"));
    return (await Promise.all(inside.map(({ name }) => read(`${path}/${name}`)))).flat();
  };
  const files = await Promise.all(paths.map((it) => read(it.replace(/\/$/, ""))));
  return files.flat().sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Every doc comment, by its place in the text. */
export function docComments(source: ts.SourceFile): ts.CommentRange[] {
  const found = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    for (const range of leadingDocs(source, node)) found.set(range.pos, range);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...found.values()].sort((a, b) => a.pos - b.pos);
}

/** The doc comments right before a node. */
export function leadingDocs(source: ts.SourceFile, node: ts.Node): ts.CommentRange[] {
  const { text } = source;
  // The shebang is no comment to TypeScript, and nothing after it would be found.
  const start = node.getFullStart() || (/^#!.*/.exec(text)?.[0].length ?? 0);
  const ranges = ts.getLeadingCommentRanges(text, start) ?? [];
  return ranges.filter(({ pos }) => text.startsWith("/**", pos));
}

/** Prints the offences, and ends the process with code 1 if there are any. */
export function report(check: string, files: number, offences: readonly Offence[]): void {
  for (const { path, line, message } of offences) {
    console.error(line ? `${path}:${line} ${message}` : `${path} ${message}`);
  }
  console.log(`${check}: ${files} files, ${offences.length} offences`);
  if (offences.length > 0) Deno.exit(1);
}
