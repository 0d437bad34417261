/** The input as it is sent: without nulls, with numbers for numeric text where that is asked for. */

import type { InputIssue } from "../base/model_check.ts";
import { type Place, type Problem, problemsOf } from "./check.ts";
import { isRecord } from "../base/record.ts";
import { hasType, type JsonSchema, resolve, type Schemas, typesOf } from "./json_schema.ts";
import type { ModelShape } from "./shape.ts";

/** An input as it is sent, and all that is wrong with it. */
export interface CheckedInput {
  readonly input: Record<string, unknown>;
  readonly problems: readonly Problem[];
}

/** Checks an input, of which a copy is made: the caller's own object is not changed. */
export function checkInput(
  { input: root, schemas = {} }: ModelShape,
  value: object,
  coerce = false,
): CheckedInput {
  const schema = resolve(root, schemas);
  const fields = isRecord(schema.properties) ? schema.properties : undefined;
  const given = Object.entries(value)
    // The server of models refuses null, where JavaScript means that nothing was given.
    .filter(([, item]) => item !== null && item !== undefined)
    .map(([name, item]): Given => {
      const field = fields && Object.hasOwn(fields, name) ? fields[name]! : {};
      return [name, coerce ? coerced(field, item, schemas) : item, field];
    });
  const input = record(given);
  // A default that breaks the rules of its own schema is what the model uses all the same.
  const checked = record(given.filter(([, item, field]) => !isDefault(field, item)));
  // What has no properties may be a model without inputs, or one that says nothing of them.
  const { additionalProperties = fields === undefined, required = [] } = schema;
  const absent = Array.isArray(required) ? required.filter((it) => !Object.hasOwn(input, it)) : [];
  const strict = { ...schema, type: "object", additionalProperties, required: absent };
  return { input, problems: problemsOf(strict, checked, schemas) };
}

type Given = [name: string, item: unknown, field: JsonSchema];

/** An object of fields, also of one named `__proto__`, which an assignment would not create. */
function record(fields: readonly Given[]): Record<string, unknown> {
  return Object.fromEntries(fields.map(([name, item]) => [name, item]));
}

function isDefault({ default: usual }: JsonSchema, value: unknown): boolean {
  return usual !== undefined && usual !== null && usual === value;
}

/** The value in the type of its schema, where it can be read as one without a doubt. */
function coerced(given: JsonSchema, value: unknown, schemas: Schemas): unknown {
  const schema = resolve(given, schemas);
  const items = schema.items;
  if (Array.isArray(value) && isRecord(items)) {
    return value.map((item) => coerced(items, item, schemas));
  }
  const types = [schema, ...(schema.allOf ?? []).map((part) => resolve(part, schemas))]
    .flatMap(typesOf);
  if (types.length === 0 || types.some((type) => hasType(value, type))) return value;
  for (const type of types) {
    const other = as(type, value);
    if (other !== undefined && hasType(other, type)) return other;
  }
  return value;
}

function as(type: string, value: unknown): unknown {
  const isPlain = typeof value === "number" || typeof value === "boolean" ||
    typeof value === "bigint";
  if (type === "string") return isPlain ? String(value) : undefined;
  if (type === "boolean") return value === "true" ? true : value === "false" ? false : undefined;
  if (type !== "integer" && type !== "number") return undefined;
  const isNumeric = typeof value === "bigint" ||
    (typeof value === "string" && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value));
  return isNumeric ? Number(value) : undefined;
}

/** The problems in the shape of an `InputError`. */
export function issuesOf(problems: readonly Problem[]): InputIssue[] {
  return problems.map(({ place, code, message, suggestion }) => ({
    path: pathOf(place),
    code,
    message,
    ...(suggestion !== undefined && { suggestion }),
  }));
}

function pathOf(place: Place): string {
  return place.reduce<string>(
    (path, key) =>
      typeof key === "number"
        ? `${path}[${key}]`
        : /^[A-Za-z_$][\w$]*$/.test(key)
        ? `${path}.${key}`
        : `${path}[${JSON.stringify(key)}]`,
    "input",
  );
}
