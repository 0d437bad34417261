/** The check of a value against a JSON schema: the one of inputs, and the one of the fake. */

import { fileKind } from "../files/kind.ts";
import { nearest } from "../base/text.ts";
import { isRecord } from "../base/record.ts";
import {
  hasType,
  isSecret,
  type JsonSchema,
  resolve,
  type Schemas,
  typesOf,
} from "./json_schema.ts";

/** The keys that lead to a place, from the whole value down. */
export type Place = readonly (string | number)[];

/** One thing that is wrong with a value, with the server's name for the rule, and its words. */
export interface Problem {
  readonly place: Place;
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
}

/** The most choices that a message lists. */
const LISTED = 50;
/** The depth at which a check ends, for schemas and values without an end. */
const DEEPEST = 64;

/** Everything that is wrong with a value, in the order of the schema. What is not understood passes. */
export function problemsOf(
  given: JsonSchema,
  raw: unknown,
  schemas: Schemas = {},
  place: Place = [],
): Problem[] {
  const schema = resolve(given, schemas);
  const value = plain(raw);
  if (value === UNKNOWN || place.length > DEEPEST || (value === null && schema.nullable)) return [];
  const { anyOf, allOf, items } = schema;
  const problems: Problem[] = [];
  const report: Report = (code, message, suggestion, at = place) => {
    problems.push({ place: at, code, message, ...(suggestion && { suggestion }) });
  };
  const descend: Descend = (part, inner, at) => {
    problems.push(...problemsOf(part, inner, schemas, at));
  };
  checkType(schema, value, report);
  if (problems.length > 0) return problems;
  for (const part of listOf(allOf)) if (isRecord(part)) descend(part, value, place);
  const alternatives = listOf(anyOf);
  if (alternatives.length > 0 && !alternatives.some((part) => fits(part, value, schemas))) {
    report("number_any_of", "Must validate at least one schema (anyOf)");
  }
  if (value === FILE) return problems;
  checkChoice(schema, value, place, report);
  checkBounds(schema, value, report);
  if (schema.format === "uri" && typeof value === "string" && !URL.canParse(value)) {
    report(
      "format",
      "Does not match format 'uri'",
      "give a whole URL, a Blob, or FileInput.fromPath(...)",
    );
  }
  if (Array.isArray(value) && isRecord(items)) {
    value.forEach((item, index) => descend(items, item, [...place, index]));
  }
  if (isRecord(value)) checkFields(schema, value, place, report, descend);
  return problems;
}

/** Notes a problem, at the place of the value or at one within it. */
type Report = (code: string, message: string, suggestion?: string, at?: Place) => void;

/** Checks a value within the value, or the value by a part of its schema. */
type Descend = (schema: JsonSchema, value: unknown, place: Place) => void;

/** A list of a schema; an empty one where there is something else. */
function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  return Array.isArray(list) ? list : [];
}

/** The mark of a file, which is sent as text. */
const FILE = Symbol("file");
/** The mark of a value that is not known yet. */
const UNKNOWN = Symbol("promise");

/** A value as JSON has it, without a copy of what is inside. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  // Before `toJSON`, which a `Buffer` of Node has too.
  if (fileKind(value)) return FILE;
  const { then, toJSON } = value as { then?: unknown; toJSON?: unknown };
  if (typeof then === "function") return UNKNOWN;
  return typeof toJSON === "function" ? toJSON.call(value, "") : value;
}

/** True if a value fits a schema. What is no schema has no rules. */
export function fits(schema: unknown, value: unknown, schemas: Schemas): boolean {
  return !isRecord(schema) || problemsOf(schema, value, schemas).length === 0;
}

function checkType(schema: JsonSchema, value: unknown, report: Report): void {
  const types = typesOf(schema);
  const isOne = (it: unknown): boolean => types.some((type) => hasType(it, type));
  // Choices of another type than the schema's own, as "512" of an integer, say what is meant.
  const isFree = types.length === 0 || schema.enum?.some((it) => !isOne(it));
  if (isFree || isOne(value === FILE ? "" : value)) return;
  const got = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  const given = value === FILE ? "file" : got;
  report("invalid_type", `Invalid type. Expected: ${types.join("/")}, given: ${given}`);
}

function checkChoice(schema: JsonSchema, value: unknown, place: Place, report: Report): void {
  const choices = listOf(schema.enum);
  const types = typesOf(schema);
  const isOne = choices.some((it) =>
    // Not as text, in which one object looks like every other.
    typeof it === "object" ? JSON.stringify(it) === JSON.stringify(value) : it === value ||
      (String(it) === String(value) && !types.some((type) => hasType(it, type)))
  );
  if (choices.length === 0 || isOne) return;
  const more = choices.length - LISTED;
  const list = choices.slice(0, LISTED).map((it) => JSON.stringify(it)).join(", ");
  const message = `${place.join(".")} must be one of the following: ${list}` +
    (more > 0 ? `, and ${more} more` : "");
  const like = isSecret(schema) ? undefined : didYouMean(String(value), choices.map(String));
  report("enum", message, like);
}

function didYouMean(name: string, names: readonly string[]): string | undefined {
  const like = nearest(name, names);
  return like && `did you mean ${like}?`;
}

/** The bounds: keyword, code, and words. `ge` and `le` are how some authors wrote the first two. */
const BOUNDS: readonly (readonly [keyword: string, code: string, words: string, sign: 1 | -1])[] = [
  ["minimum", "number_gte", "Must be greater than or equal to", 1],
  ["ge", "number_gte", "Must be greater than or equal to", 1],
  ["maximum", "number_lte", "Must be less than or equal to", -1],
  ["le", "number_lte", "Must be less than or equal to", -1],
  ["minLength", "string_gte", "String length must be greater than or equal to", 1],
  ["maxLength", "string_lte", "String length must be less than or equal to", -1],
  ["minItems", "array_min_items", "Array must have at least", 1],
  ["maxItems", "array_max_items", "Array must have at most", -1],
];

function checkBounds(schema: JsonSchema, value: unknown, report: Report): void {
  for (const [keyword, code, words, sign] of BOUNDS) {
    const bound = schema[keyword];
    if (typeof bound !== "number") continue;
    const size = sizeFor(code, value, bound);
    if (size === undefined || size * sign >= bound * sign) continue;
    const unit = code.startsWith("array") ? " items" : "";
    report(code, `${words} ${bound}${unit}`);
  }
}

/** The part of a value that a bound is about. */
function sizeFor(code: string, value: unknown, bound: number): number | undefined {
  if (typeof value === "number") return code.startsWith("number") ? value : undefined;
  if (Array.isArray(value)) return code.startsWith("array") ? value.length : undefined;
  if (typeof value !== "string" || !code.startsWith("string")) return undefined;
  // The server counts characters, and an emoji is one. Long text is not taken apart for that.
  return value.length > bound * 2 + 1 ? Math.ceil(value.length / 2) : [...value].length;
}

function checkFields(
  { properties, required, additionalProperties: more }: JsonSchema,
  value: Record<string, unknown>,
  place: Place,
  report: Report,
  descend: Descend,
): void {
  for (const name of listOf(required)) {
    if (Object.hasOwn(value, name) && value[name] !== undefined) continue;
    report("required", `${name} is required`, undefined, [...place, name]);
  }
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const known = isRecord(properties) && Object.hasOwn(properties, name);
    const field = known ? properties[name] : more;
    const at = [...place, name];
    if (isRecord(field)) descend(field, item, at);
    else if (!known && more === false) {
      const like = didYouMean(name, Object.keys(properties ?? {}));
      const message = `Additional property ${name} is not allowed`;
      report("additional_property_not_allowed", message, like, at);
    }
  }
}
