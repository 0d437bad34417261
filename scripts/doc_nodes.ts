/**
 * Reads what `deno doc --json` says of the doors of deno.json, and words types as TypeScript does.
 *
 * @module
 */

/** A comment as `deno doc` reads it. */
export interface JsDoc {
  doc?: string;
  tags?: { kind: string; name?: string; doc?: string }[];
}

/** A type; its parts depend on the kind. */
// deno-lint-ignore no-explicit-any -- the format is not described anywhere
export type TypeNode = any;

/** One declaration of a symbol. */
export interface Declaration {
  kind: string;
  declarationKind: string;
  jsDoc?: JsDoc;
  def: TypeNode;
}

/** A name that a door exports. */
export interface DocSymbol {
  name: string;
  declarations: Declaration[];
}

/** A door: a module that programs import. */
export interface Door {
  /** Such as `@x/replicate/webhooks`. */
  name: string;
  moduleDoc: JsDoc;
  symbols: DocSymbol[];
}

/** The doors of deno.json with all that they export. */
export async function readDoors(): Promise<Door[]> {
  const config = JSON.parse(await Deno.readTextFile("deno.json"));
  const doors: [string, string][] = Object.entries(config.exports);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...doors.map(([, path]) => path)],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  return doors.map(([door, path]) => {
    const url = new URL(path, `file://${Deno.cwd()}/`).href;
    const { module_doc = {}, symbols } = nodes[url];
    return { name: config.name + door.slice(1), moduleDoc: module_doc, symbols };
  });
}

/** Words a type; `...` stands for the few that are seldom worth their length. */
export function typeText(type: TypeNode): string {
  if (!type) return "unknown";
  const { kind, value, repr } = type;
  switch (kind) {
    case "typeRef":
      return value.typeName + argumentsText(value.typeParams);
    case "union":
      return value.map(typeText).join(" | ");
    case "intersection":
      return value.map(typeText).join(" & ");
    case "array":
      return `${typeText(value)}[]`;
    case "tuple":
      return `[${value.map(typeText).join(", ")}]`;
    case "rest":
      return `...${typeText(value)}`;
    case "parenthesized":
      return `(${typeText(value)})`;
    case "literal":
      return value.kind === "string" ? JSON.stringify(value.string) : repr;
    case "typeOperator":
      return `${value.operator} ${typeText(value.tsType)}`;
    case "indexedAccess":
      return `${typeText(value.objType)}[${typeText(value.indexType)}]`;
    case "typeQuery":
      return `typeof ${value}`;
    case "fnOrConstructor":
      return `${value.constructor ? "new " : ""}(${paramsText(value.params)}) => ${
        typeText(value.tsType)
      }`;
    case "typeLiteral":
      return `{ ${membersOf(value).map(({ text }) => text).join("; ")} }`;
    case "this":
      return "this";
    case "keyword":
      return repr;
    default:
      return "...";
  }
}

function argumentsText(types: TypeNode[] | undefined): string {
  return types?.length ? `<${types.map(typeText).join(", ")}>` : "";
}

function genericsText(params: TypeNode[] | undefined): string {
  if (!params?.length) return "";
  const texts = params.map(({ name, constraint, default: given }) =>
    name + (constraint ? ` extends ${typeText(constraint)}` : "") +
    (given ? ` = ${typeText(given)}` : "")
  );
  return `<${texts.join(", ")}>`;
}

function paramsText(params: TypeNode[]): string {
  return params.map((param) => {
    const { kind, left, arg, name = "options", tsType = left?.tsType, optional } = param;
    const type = tsType ? `: ${typeText(tsType)}` : "";
    if (kind === "rest") return `...${arg?.name ?? "rest"}${type}`;
    if (kind === "assign") return `${left.name ?? "options"}?${type}`;
    return `${name}${optional ? "?" : ""}${type}`;
  }).join(", ");
}

function functionText({ params, returnType, typeParams }: TypeNode): string {
  const result = returnType ? `: ${typeText(returnType)}` : "";
  return `${genericsText(typeParams)}(${paramsText(params)})${result}`;
}

/** A member of a class or an interface. */
export interface Member {
  text: string;
  jsDoc?: JsDoc | undefined;
}

/** The members of a class, an interface or a type in braces, but for those that are private. */
export function membersOf(def: TypeNode): Member[] {
  const { constructors = [], properties = [], methods = [], indexSignatures = [] } = def;
  return [
    ...constructors.map((it: TypeNode) => ({ text: `new ${functionText(it)}`, jsDoc: it.jsDoc })),
    ...properties.map((it: TypeNode) => ({
      text: `${it.isStatic ? "static " : ""}${it.readonly ? "readonly " : ""}${it.name}${
        it.optional ? "?" : ""
      }: ${typeText(it.tsType)}`,
      jsDoc: it.jsDoc,
    })),
    ...indexSignatures.map((it: TypeNode) => ({
      text: `[${paramsText(it.params)}]: ${typeText(it.tsType)}`,
    })),
    ...methods.filter((it: TypeNode) => it.kind !== "setter").map((it: TypeNode) => ({
      text: it.kind === "getter"
        ? `readonly ${it.name}: ${typeText(it.functionDef.returnType)}`
        : `${it.isStatic ? "static " : ""}${it.name}${it.optional ? "?" : ""}${
          functionText(it.functionDef ?? it)
        }`,
      jsDoc: it.jsDoc,
    })),
  ];
}

/** The first line of a declaration, without its members. */
export function headText(name: string, { kind, def }: Declaration): string {
  const generics = genericsText(def.typeParams);
  if (kind === "function") return `function ${name}${functionText(def)}`;
  if (kind === "typeAlias") return `type ${name}${generics} = ${typeText(def.tsType)}`;
  if (kind === "variable") return `const ${name}: ${typeText(def.tsType)}`;
  const parents = kind === "class"
    ? def.extends ? ` extends ${def.extends}` : ""
    : def.extends?.length
    ? ` extends ${def.extends.map(typeText).join(", ")}`
    : "";
  return `${kind} ${name}${generics}${parents}`;
}
