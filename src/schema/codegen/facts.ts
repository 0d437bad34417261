/** The prose of a field: what its author wrote, and what the schema says of its values. */

import { choiceTypes } from "./choices.ts";
import { prose } from "./comment.ts";
import { isSecret, type JsonSchema, typesOf } from "../json_schema.ts";

/** The longest default that is quoted, in characters. */
const LONGEST = 80;
/** The most choices that are listed; the type has them all. */
const LISTED = 12;

/** The paragraphs of a field's doc comment. */
export function factsOf(schema: JsonSchema, notes: readonly string[] = []): string[] {
  const { description, deprecated } = schema;
  const facts = [defaultOf(schema), rangeOf(schema), choicesOf(schema)].filter((it) => it !== "");
  const isSaid = deprecated === true ? ["@deprecated The model's author says so."] : [];
  return [prose(description), facts.join(" "), ...notes, ...isSaid];
}

function defaultOf(schema: JsonSchema): string {
  const { default: usual } = schema;
  if (usual === undefined || usual === null || isSecret(schema)) return "";
  const json = JSON.stringify(usual);
  const short = json.length > LONGEST
    ? `${json.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "")}...`
    : json;
  return `Default: ${code(short)}.`;
}

/** Text as code, also when there are backticks in it. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const ticks = "`".repeat(longest + 1);
  return longest > 0 ? `${ticks} ${text} ${ticks}` : `\`${text}\``;
}

function rangeOf(schema: JsonSchema): string {
  const number = (...keys: string[]): number | undefined =>
    keys.map((key) => schema[key]).find((it): it is number => typeof it === "number");
  const isText = typesOf(schema).includes("string");
  return [
    range(number("minimum", "ge"), number("maximum", "le"), ""),
    isText ? range(number("minLength"), number("maxLength"), " characters") : "",
    range(number("minItems"), number("maxItems"), " items"),
  ].filter((it) => it !== "").join(" ");
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  if (least !== undefined && most !== undefined) return `From ${least} to ${most}${unit}.`;
  if (least !== undefined) return `At least ${least}${unit}.`;
  return most === undefined ? "" : `At most ${most}${unit}.`;
}

function choicesOf(schema: JsonSchema): string {
  const choices = choiceTypes(schema) ?? [];
  if (choices.length < 2) return "";
  if (choices.length > LISTED) return `One of ${choices.length} choices.`;
  return `One of ${choices.map(code).join(", ")}.`;
}
