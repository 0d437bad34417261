/** The constants of a generated file: a typed model each, or a typed trainer. */

import { columns, quoted, WIDTH } from "./print.ts";

/** A constant to write. */
export interface Constant {
  readonly name: string;
  /** The function that makes it, and the generic type of what it makes. */
  readonly make: "model" | "trainer";
  readonly type: "SchemaModel" | "SchemaTrainer";
  readonly types: readonly string[];
  readonly ref: string;
  /** The shape that it checks by. */
  readonly schema: unknown;
}

/**
 * A constant as the formatter lays it out. Its type is written down, as programs with
 * `isolatedDeclarations` need that; and bundlers leave out a call that is marked as pure.
 */
export function constant({ name, make, type, types, ref, schema }: Constant): string {
  const start = `export const ${name}: ${type}<`;
  const end = `> = /* @__PURE__ */ ${make}(`;
  const line = `${start}${types.join(", ")}${end}`;
  const fits = (text: string): boolean => columns(text) <= WIDTH;
  if (!fits(line)) {
    const rows = types.map((it) => `  ${it}`).join(",\n");
    return `${start}\n${rows}\n${end}${quoted(ref)}, ${shape(schema, 0)});`;
  }
  if (fits(`${line}${quoted(ref)}, {`)) return `${line}${quoted(ref)}, ${shape(schema, 0)});`;
  return `${line}\n  ${quoted(ref)},\n  ${shape(schema, 2)},\n);`;
}

/** The shape as JSON in a string: an object literal of 150 models would cost a compiler half a second. */
function shape(schema: unknown, indent: number): string {
  const space = " ".repeat(indent);
  const text = quoted(JSON.stringify(schema));
  const line = `${space}  schema: ${text},`;
  const laid = columns(line) <= WIDTH ? line : `${space}  schema:\n${space}    ${text},`;
  return `{\n${laid}\n${space}}`;
}
