/** Writes the types of one side of a model: of its input, or of its output. */

import { isRecord } from "../../base/record.ts";
import { type JsonSchema, typesOf } from "../json_schema.ts";
import { isConcatenated } from "../output.ts";
import { choiceTypes } from "./choices.ts";
import { comment, prose } from "./comment.ts";
import { type Compactor, ordered } from "./compact.ts";
import { factsOf } from "./facts.ts";
import { typeName, unused } from "./names.ts";
import { keyOf, typed } from "./print.ts";

/** The side: what is given, what a program gets, or what the API sends. */
export type Side = "input" | "output" | "wire";

/** Names of the file that all models share. */
export interface FileNames {
  /** The identifiers in use. */
  readonly used: Set<string>;
  /** The names that are to be imported. */
  readonly imports: Set<string>;
}

/** A type as the members of a union, and why it says less than it could. */
interface Members {
  readonly types: readonly string[];
  readonly why: readonly string[];
}

/** The side of a model that values are on. */
const SAYS: Readonly<Record<Side, string>> = {
  input: "takes",
  output: "gives",
  wire: "sends",
};

/** The longest union that is written within another type. */
const LONGEST = 60;

/** Writes types, each object as an interface of its own. */
export class TypeWriter {
  readonly #side: Side;
  readonly #compactor: Compactor;
  readonly #names: FileNames;
  readonly #prefix: string;
  readonly #about: string;
  /** The interfaces of named schemas, by their refs. */
  readonly #byRef = new Map<string, string>();
  readonly #declarations: string[] = [];
  /** The refs that lead to where it is. */
  readonly #above = new Set<string>();

  /** Writes for a model: its ref is for comments, the prefix for the names of its types. */
  constructor(
    side: Side,
    compactor: Compactor,
    { ref, prefix }: { ref: string; prefix: string },
    names: FileNames,
  ) {
    this.#side = side;
    this.#compactor = compactor;
    this.#prefix = prefix;
    this.#about = ref;
    this.#names = names;
  }

  /**
   * The declarations of a type and of all that it needs.
   *
   * @param why The reason why there is no schema, if there is none.
   */
  declare(name: string, given: unknown, prose: string[], why = ""): string {
    const start = this.#declarations.length;
    const schema = this.#compactor.merged(given);
    const { properties } = schema;
    if (isRecord(properties) && Object.keys(properties).length > 0 && !schema.anyOf) {
      if (isRecord(given) && typeof given.$ref === "string") this.#byRef.set(given.$ref, name);
      this.#interface(name, schema, prose);
    } else {
      const { types, why: reasons } = why === "" ? this.#members(given, name) : NOTHING;
      const notes = why === "" ? reasons : [why];
      this.#declarations.splice(
        start,
        0,
        comment([...prose, ...notes], 0) + typed(`export type ${name} =`, types, 0),
      );
    }
    return this.#declarations.splice(start).join("\n\n");
  }

  /** The type of the items of a list, for its chunks. */
  itemType(given: unknown, name: string): string {
    const { items } = this.#compactor.merged(given);
    return this.#members(items, `${name}Item`).types.join(" | ");
  }

  #interface(name: string, schema: JsonSchema, prose: string[]): void {
    const at = this.#declarations.length;
    this.#declarations.push("");
    const { properties = {}, required, additionalProperties: more } = schema;
    const needed: readonly unknown[] = Array.isArray(required) ? required : [];
    const fields = ordered(properties).map(([key, field]) =>
      this.#field(name, key, field, needed.includes(key))
    );
    if (more === true || isRecord(more)) {
      fields.push(`  /** Any other field. */\n  [name: string]: unknown;`);
    }
    const body = fields.map((field) => `${field}\n`).join("");
    this.#declarations[at] = `${comment(prose, 0)}export interface ${name} {\n${body}}`;
  }

  #field(owner: string, key: string, given: unknown, isNeeded: boolean): string {
    const schema = this.#compactor.merged(given);
    const { types, why } = this.#members(given, owner + typeName(key));
    const isInput = this.#side === "input";
    // Models leave out what they do not have, or send null for it.
    const absent = isNeeded || types.includes("unknown")
      ? []
      : isInput
      ? ["undefined"]
      : ["null", "undefined"];
    const members = [...new Set([...types, ...absent])];
    return comment(factsOf(schema, why), 2) +
      typed(`${keyOf(key)}${isNeeded ? "" : "?"}:`, members, 2);
  }

  #members(given: unknown, hint: string, depth = 0): Members {
    if (!isRecord(given)) return unknown("The schema does not say what it is.");
    const $ref = typeof given.$ref === "string" ? given.$ref : "";
    if (depth > 24) return unknown("The schema is nested too deeply.");
    if (this.#above.has($ref) && !this.#byRef.has($ref)) {
      return unknown("The schema contains itself.");
    }
    if ($ref !== "") this.#above.add($ref);
    const schema = this.#compactor.merged(given);
    const found = this.#known(schema, given, hint, depth);
    this.#above.delete($ref);
    const types = [...new Set([...found.types, ...(schema.nullable === true ? ["null"] : [])])];
    return { why: found.why, types: types.includes("unknown") ? ["unknown"] : types };
  }

  #known(schema: JsonSchema, given: JsonSchema, hint: string, depth: number): Members {
    const choices = choiceTypes(schema);
    if (choices) return { types: choices, why: [] };
    const { anyOf, oneOf } = schema;
    const parts: unknown = anyOf ?? oneOf;
    if (Array.isArray(parts)) {
      if (parts.length === 0) return unknown("The schema has an empty list of types.");
      const all = parts.map((part, index) =>
        this.#members(part, index === 0 ? hint : `${hint}${index + 1}`, depth + 1)
      );
      return { types: all.flatMap(({ types }) => types), why: all.flatMap(({ why }) => why) };
    }
    const types = typesOf(schema);
    if (types.length === 0 && isRecord(schema.properties)) {
      return this.#one("object", schema, given, hint, depth);
    }
    if (types.length === 0) return unknown(reasonOf(schema, given));
    const all = types.map((type) => this.#one(type, schema, given, hint, depth));
    return { types: all.flatMap(({ types }) => types), why: all.flatMap(({ why }) => why) };
  }

  #one(type: string, schema: JsonSchema, given: JsonSchema, hint: string, depth: number): Members {
    if (type === "string") return { types: [this.#text(schema)], why: [] };
    if (type === "array") return this.#list(schema, hint, depth);
    if (type === "object") return this.#object(schema, given, hint, depth);
    return { types: [type === "integer" ? "number" : type], why: [] };
  }

  #text({ format }: JsonSchema): string {
    if (format !== "uri" || this.#side === "wire") return "string";
    const name = this.#side === "input" ? "FileSource" : "FileOutput";
    this.#names.imports.add(name);
    return name;
  }

  #list(schema: JsonSchema, hint: string, depth: number): Members {
    if (this.#side === "output" && isConcatenated(schema)) return { types: ["string"], why: [] };
    const { items } = schema;
    const isOpen = items === undefined || (isRecord(items) && Object.keys(items).length === 0);
    const { types, why } = isOpen ? NOTHING : this.#members(items, `${hint}Item`, depth + 1);
    const item = this.#inner(types, `${hint}Item`);
    return { types: [this.#side === "input" ? `readonly ${item}[]` : `${item}[]`], why };
  }

  #object(schema: JsonSchema, given: JsonSchema, hint: string, depth: number): Members {
    const { properties, additionalProperties: more } = schema;
    if (isRecord(properties) && Object.keys(properties).length > 0) {
      return { types: [this.#named(schema, given, hint)], why: [] };
    }
    if (!isRecord(more)) return { types: ["Record<string, unknown>"], why: [] };
    const { types, why } = this.#members(more, `${hint}Value`, depth + 1);
    const value = types.length === 1 ? types[0]! : this.#inner(types, `${hint}Value`).slice(1, -1);
    const inner = types.join(" | ").length > LONGEST ? this.#alias(types, `${hint}Value`) : value;
    return { types: [`Record<string, ${inner}>`], why };
  }

  /** A union as a part of another type: in brackets, or under a name of its own if it is long. */
  #inner(types: readonly string[], hint: string): string {
    const text = types.join(" | ");
    if (types.length === 1 && !text.startsWith("readonly ")) return text;
    return text.length > LONGEST ? this.#alias(types, hint) : `(${text})`;
  }

  #alias(types: readonly string[], hint: string): string {
    const name = unused(hint, this.#names.used);
    this.#declarations.push(typed(`export type ${name} =`, types, 0));
    return name;
  }

  /** The interface of an object: one for each named schema, so that it can contain itself. */
  #named(schema: JsonSchema, { $ref }: JsonSchema, hint: string): string {
    const known = $ref === undefined ? undefined : this.#byRef.get($ref);
    if (known !== undefined) return known;
    const own = $ref === undefined ? hint : this.#prefix + typeName($ref.replace(/^.*\//, ""));
    const name = unused(own, this.#names.used);
    if ($ref !== undefined) this.#byRef.set($ref, name);
    const text = prose(schema.description);
    this.#interface(name, schema, [
      text || `A part of what \`${this.#about}\` ${SAYS[this.#side]}.`,
    ]);
    return name;
  }
}

const NOTHING: Members = { types: ["unknown"], why: [] };

function unknown(why: string): Members {
  return { types: ["unknown"], why: [why] };
}

/** The reason why nothing is known of a value. */
function reasonOf({ type }: JsonSchema, given: JsonSchema): string {
  if (type !== undefined) {
    return `The schema names a type that JSON does not have: ${JSON.stringify(type)}.`;
  }
  const refs = [given, ...(Array.isArray(given.allOf) ? given.allOf : [])]
    .map((part) => isRecord(part) ? part.$ref : undefined).filter((it) => it !== undefined);
  if (refs.length > 0) return `The schema refers to ${refs.join(", ")}, which says nothing.`;
  return "The schema does not say what it is.";
}
