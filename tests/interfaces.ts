/** Reads from the source which members an interface has. */

import ts from "typescript";

const ROOT = new URL("../", import.meta.url);

/** The names of the members that an interface of a file declares itself. */
export async function membersOf(path: string, name: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = source.statements.find((it) =>
    ts.isInterfaceDeclaration(it) && it.name.text === name
  );
  if (!found || !ts.isInterfaceDeclaration(found)) {
    throw new Error(`Cannot find the interface ${name} in ${path}`);
  }
  return found.members.map((member) => member.name?.getText() ?? "");
}
