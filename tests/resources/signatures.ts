/** Reads from the source which methods a client's resources have, and with which signatures. */

import ts from "typescript";

const FOLDER = new URL("../../src/resources/", import.meta.url);

/** Signatures by dotted name, such as `models.get` to `(owner: string): Promise<Model>`. */
export async function readSignatures(): Promise<Map<string, string>> {
  const classes = await readClasses();
  const result = new Map<string, string>();
  const parts = new Set<string>();
  const visit = (members: Iterable<ts.ClassElement | ts.TypeElement>, prefix: string): void => {
    for (const member of members) {
      const name = member.name && ts.isIdentifier(member.name) ? member.name.text : "";
      const dotted = `${prefix}${name}`;
      // The first of several signatures is the one that is documented.
      if (ts.isMethodDeclaration(member) && name && !result.has(dotted)) {
        result.set(dotted, signature(member));
      }
      const type = ts.isPropertyDeclaration(member) || ts.isPropertySignature(member)
        ? member.type
        : undefined;
      if (!type) continue;
      if (ts.isFunctionTypeNode(type)) result.set(dotted, signature(type));
      const call = ts.isTypeLiteralNode(type) && type.members.find(ts.isCallSignatureDeclaration);
      if (call) result.set(dotted, signature(call));
      else if (ts.isTypeLiteralNode(type)) visit(type.members, `${dotted}.`);
      if (ts.isTypeReferenceNode(type)) {
        const part = classes.get(type.getText());
        if (part) visit(part.members, `${dotted}.`);
      }
    }
  };
  for (const { members } of classes.values()) {
    for (const member of members) {
      for (const [name] of member.getText().matchAll(/new (\w+Api)\(/g)) {
        parts.add(name.slice(4, -1));
      }
    }
  }
  for (const [name, { members }] of classes) {
    if (parts.has(name)) continue;
    // The search over everything is a method of the client itself.
    visit(members, name === "SearchApi" ? "" : `${name[0]!.toLowerCase()}${name.slice(1, -3)}.`);
  }
  return result;
}

async function readClasses(): Promise<Map<string, ts.ClassDeclaration>> {
  const classes = new Map<string, ts.ClassDeclaration>();
  for await (const { name } of Deno.readDir(FOLDER)) {
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
      if (ts.isClassDeclaration(statement) && statement.name?.text.endsWith("Api")) {
        classes.set(statement.name.text, statement);
      }
    }
  }
  return classes;
}

function signature({ parameters, type }: ts.SignatureDeclarationBase): string {
  const list = parameters.map((it) => `${it.name.getText()}${mark(it)}: ${it.type?.getText()}`);
  return `(${list.join(", ")}): ${type?.getText()}`.replace(/\s+/g, " ");
}

function mark({ questionToken, initializer }: ts.ParameterDeclaration): string {
  return questionToken || initializer ? "?" : "";
}
