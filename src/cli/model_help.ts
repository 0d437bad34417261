/** `replicate run --help owner/name`: the options of a model, from its schema. */

import { parseRef } from "../run/ref.ts";
import { isSecret, type JsonSchema } from "../schema/json_schema.ts";
import type { ModelShape } from "../schema/shape.ts";
import { typesOf } from "./model_input.ts";
import { findModel, merged } from "./model_schema.ts";
import type { Session } from "./session.ts";
import { refOf } from "./target.ts";
import { fitted, harmless } from "./terminal.ts";
import { EXIT, UsageError } from "./usage.ts";

/** The width of help where there is no terminal. */
const USUAL = 100;

/** Prints the options of a model. */
export async function modelHelp(session: Session): Promise<number> {
  const [name = ""] = session.args;
  const ref = refOf(session, name);
  const client = await session.client();
  const { shape } = await findModel(client, ref, session.signal);
  const { label } = parseRef(ref);
  if (!shape) {
    throw new UsageError(`Cannot show the options of ${label}: it has no schema`, {
      hint: `Its page may have them: https://replicate.com/${label}`,
    });
  }
  await session.print(`${modelLines(label, shape, session).join("\n")}\n`);
  return EXIT.done;
}

function modelLines(label: string, shape: ModelShape, { io, paint }: Session): string[] {
  const { properties = {}, required = [] } = merged(shape.input, shape.schemas);
  const width = io.stdout.columns ?? USUAL;
  const fields = Object.entries(properties).sort(([, a], [, b]) => orderOf(a) - orderOf(b));
  const lines = [`Usage: replicate run ${label} name=value ...`, ""];
  if (fields.length === 0) lines.push("It takes no options.");
  else lines.push("Options of the model:");
  for (const [name, given] of fields) {
    const field = merged(given, shape.schemas);
    const facts = [
      typeText(field, shape),
      required.includes(name) ? "required" : "",
      ...rules(field),
    ]
      .filter((it) => it !== "");
    lines.push(`  ${paint.bold(name)}  ${paint.dim(facts.join(", "))}`);
    const { description } = field;
    if (typeof description === "string" && description.trim()) {
      lines.push(`      ${fitted(harmless(description).trim(), width - 6)}`);
    }
  }
  lines.push("", `Output: ${typeText(merged(shape.output, shape.schemas), shape)}`);
  return lines;
}

function orderOf({ "x-order": order }: JsonSchema): number {
  return typeof order === "number" ? order : Infinity;
}

/** The type in a word, or its choices. */
function typeText(schema: JsonSchema, shape: ModelShape): string {
  if (Array.isArray(schema.enum)) {
    const shown = schema.enum.slice(0, 20).map((it) => harmless(String(it)));
    const more = schema.enum.length - shown.length;
    return shown.join(" | ") + (more > 0 ? ` | and ${more} more` : "");
  }
  const types = typesOf(schema);
  if (types[0] === "array") {
    if (schema["x-cog-array-display"] === "concatenate") return "text";
    return `list of ${typeText(merged(schema.items, shape.schemas), shape)}`;
  }
  if (types[0] === "string") return schema.format === "uri" ? "file" : "text";
  return types.join(" or ") || "anything";
}

/** The default, and the range. */
function rules(schema: JsonSchema): string[] {
  const { minimum, maximum, default: usual } = schema;
  const range = minimum !== undefined && maximum !== undefined
    ? `${minimum} to ${maximum}`
    : minimum !== undefined
    ? `at least ${minimum}`
    : maximum !== undefined
    ? `at most ${maximum}`
    : "";
  const shown = usual === undefined || usual === null || usual === "" || isSecret(schema)
    ? ""
    : `default ${harmless(typeof usual === "string" ? usual : JSON.stringify(usual)).slice(0, 60)}`;
  return [range, shown];
}
