/** The input of a model: the values as they were written, in the types that its schema has. */

import { FileInput } from "../files/file_input.ts";
import { isRecord } from "../base/record.ts";
import type { JsonSchema } from "../schema/json_schema.ts";
import { modelCheck } from "../schema/model_check.ts";
import type { ModelShape } from "../schema/shape.ts";
import type { Io } from "./io.ts";
import { merged } from "./model_schema.ts";
import { UsageError } from "./usage.ts";
import { expanded, type Given, type GivenInput, readStdin } from "./values.ts";

/** The input with each value in the type that the schema has; files are read when they are sent. */
export async function inputOf(
  io: Io,
  base: Readonly<Record<string, unknown>>,
  given: GivenInput,
  shape: ModelShape | undefined,
): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = { ...base };
  const properties = shape && merged(shape.input, shape.schemas).properties;
  for (const [name, values] of given) {
    const field = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
    const schema = merged(field, shape?.schemas);
    const types = typesOf(schema);
    const isList = types.includes("array");
    if (values.length > 1 && !isList && types.length > 0) {
      throw new UsageError(`Cannot use ${name} twice: it is no list`);
    }
    const items = isList ? merged(schema.items, shape?.schemas) : schema;
    const read = values.map((it) => valueOf(io, name, it, isList ? schema : undefined, items));
    const all = await Promise.all(read);
    const isWhole = values.length === 1 && (!isList || Array.isArray(all[0]));
    input[name] = isWhole ? all[0] : all.flat();
  }
  return input;
}

async function valueOf(
  io: Io,
  name: string,
  given: Given,
  list: JsonSchema | undefined,
  schema: JsonSchema,
): Promise<unknown> {
  if (given.kind === "json") return given.value;
  if (given.kind === "text") return coerced(list ?? schema, given.text, schema);
  // An option of plain text gets what is in the file.
  const isProse = typesOf(schema).includes("string") && schema.format !== "uri";
  if (given.kind === "stdin") {
    const bytes = await readStdin(io, name);
    return isProse ? decoded(bytes, name) : FileInput.fromBytes(bytes);
  }
  const path = expanded(given.path, io.env);
  if (!isProse) return fileAt(path);
  return decoded(await (await io.disk()).readFile(path), name).replace(/\r?\n$/, "");
}

/** The paths of files, as a person would write them again. */
const written = new WeakMap<FileInput, string>();

function fileAt(path: string): FileInput {
  const file = FileInput.fromPath(path);
  written.set(file, `@${path}`);
  return file;
}

/** An input as JSON can have it: `@path` stands for a file, and secrets are left out. */
export function shownInput(input: object, shape?: ModelShape): unknown {
  const secrets = shape ? modelCheck(() => shape).secrets : [];
  const shown = (key: string, it: unknown): unknown =>
    it instanceof FileInput ? written.get(it) ?? "@-" : secrets.includes(key) ? "***" : it;
  return JSON.parse(JSON.stringify(input, shown));
}

function decoded(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`Cannot use the file for ${name}: the model takes text, and it is none`);
  }
}

/** A text in the type of a schema, where it can be read as one. */
function coerced(schema: JsonSchema, text: string, items: JsonSchema): unknown {
  for (const type of typesOf(schema)) {
    if (type === "string") return text;
    if (type === "boolean" && /^(?:true|false)$/.test(text)) return text === "true";
    const isNumeric = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text.trim());
    if ((type === "integer" || type === "number") && isNumeric) return Number(text);
    if (type === "array") return listOf(text) ?? coerced(items, text, {});
    if (type === "object" && text.trim().startsWith("{")) return json(text) ?? text;
  }
  return text;
}

function listOf(text: string): unknown {
  const value = text.trim().startsWith("[") ? json(text) : undefined;
  return Array.isArray(value) ? value : undefined;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The JSON types that a schema names; choices of strings for a number are strings as well. */
export function typesOf({ type, anyOf }: JsonSchema): readonly string[] {
  if (type !== undefined) return [type].flat();
  return Array.isArray(anyOf) ? anyOf.flatMap((it) => isRecord(it) ? typesOf(it) : []) : [];
}

/** The reasons why an input is refused, and the nearest right thing. */
export interface Refusal {
  readonly why: string;
  readonly hint: string | undefined;
}

/** Checks an input by the schema. */
export function refusalOf(
  input: Readonly<Record<string, unknown>>,
  shape: ModelShape | undefined,
): Refusal | undefined {
  if (!shape) return undefined;
  const names = Object.keys(merged(shape.input, shape.schemas).properties ?? {});
  // A schema without any option says nothing more often than it means that.
  const isOpen = names.length === 0;
  const issues = modelCheck(() => shape).input(input).issues.filter((it) =>
    !(isOpen && isUnknown(it))
  );
  if (issues.length === 0) return undefined;
  // A misspelt name is why another one is missing.
  issues.sort((a, b) => Number(isUnknown(b)) - Number(isUnknown(a)));
  const reasons = issues.slice(0, SHOWN).map((issue) => {
    const { path, message } = issue;
    const name = path.replace(/^input\.?/, "");
    if (isUnknown(issue)) return `there is no option ${name}`;
    return message.split(/\W+/).includes(name) ? message : `${name}: ${message}`;
  });
  const more = issues.length - reasons.length;
  const suggestion = issues.find((it) => it.suggestion)?.suggestion;
  return {
    why: reasons.join("; ") + (more > 0 ? `; and ${more} more` : ""),
    hint: suggestion
      ? suggestion[0]!.toUpperCase() + suggestion.slice(1)
      : issues.some(isUnknown)
      ? listOfNames(names)
      : undefined,
  };
}

function isUnknown({ code }: { code: string }): boolean {
  return code === "additional_property_not_allowed";
}

/** The most problems that are told of one input. */
const SHOWN = 3;

function listOfNames(names: readonly string[]): string {
  const list = names.join(", ");
  return `Its options: ${list.length > 150 ? `${list.slice(0, 150)}...` : list}`;
}
