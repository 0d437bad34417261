/** The fields of a model's input, by its schema. */

import { unlessAborted } from "../base/async.ts";
import { uptime } from "../base/clock.ts";
import { isolatesRequests } from "../base/runtime.ts";
import { type ParsedRef, parseRef, type Ref, refText } from "../base/ref.ts";
import { findShape } from "../schema/find.ts";
import { isRecord } from "../base/record.ts";
import { type JsonSchema, resolve, type Schemas, typesOf } from "../schema/json_schema.ts";
import type { AiClient } from "./client.ts";

/** One field of an input. */
export interface Field {
  readonly name: string;
  /** Its schema; without any rule if that is not known. */
  readonly schema: JsonSchema;
}

/** The fields of the input of a model. */
export class Fields {
  readonly #fields: ReadonlyMap<string, JsonSchema> | undefined;
  readonly #required: readonly string[];

  /** Takes the schema of the input; `undefined` if it is not known. */
  constructor(schema: JsonSchema | undefined, schemas: Schemas = {}) {
    const input = schema && whole(schema, schemas);
    const fields = Object.entries(input?.properties ?? {});
    // A schema that names no field says nothing: every input fits.
    this.#fields = fields.length === 0
      ? undefined
      : new Map(fields.map(([name, field]) => [name, whole(field, schemas)]));
    this.#required = input?.required ?? [];
  }

  /** `false` if nothing is known of the input. */
  get known(): boolean {
    return this.#fields !== undefined;
  }

  /** The names of the fields, for messages. */
  get names(): string[] {
    return [...this.#fields?.keys() ?? []];
  }

  /**
   * The first of these fields that the model has. Of an unknown model, the first one is supposed.
   *
   * @param names The names, with a space between two.
   */
  find(names: string): Field | undefined {
    const list = names.split(" ");
    if (!this.#fields) return { name: list[0]!, schema: {} };
    for (const name of list) {
      const schema = this.#fields.get(name);
      if (schema) return { name, schema };
    }
    return undefined;
  }

  /** `true` if an input without this field is refused. */
  requires(name: string): boolean {
    return this.#required.includes(name);
  }
}

/** A schema with the `$ref` and `allOf` that Cog writes for choices, in one. */
function whole(given: JsonSchema, schemas: Schemas): JsonSchema {
  const schema = resolve(given, schemas);
  const more = (schema.allOf ?? []).map((it) => resolve(it, schemas));
  return Object.assign({}, schema, ...more);
}

/** `true` if a field takes a list. */
export function takesList({ schema }: Field): boolean {
  return typesOf(schema).includes("array") || schema.items !== undefined;
}

/** The milliseconds for which fields are remembered: a name may stand for another version then. */
const FRESH = 300_000;

/** The fields of models, asked for once in a while. */
export class KnownFields {
  readonly #client: AiClient;
  readonly #known = new Map<string, { fields: Fields; until: number }>();
  /** The questions under way, unless each request of a server has to ask for itself. */
  readonly #asking = new Map<string, Promise<Fields>>();

  /** Asks nothing yet. */
  constructor(client: AiClient) {
    this.#client = client;
  }

  /** The fields of what a ref names. */
  async of(ref: Ref, signal?: AbortSignal): Promise<Fields> {
    const schema = inputSchemaOf(ref);
    if (schema) return new Fields(schema);
    const parsed = parseRef(ref);
    // The schema of a bare version cannot be found.
    if (parsed.kind === "version" && !parsed.label.includes("/")) return new Fields(undefined);
    const name = `${parsed.kind} ${refText(ref)}`;
    const known = this.#known.get(name);
    if (known && uptime() < known.until) return known.fields;
    // Others may wait for the same answer: a caller who leaves does not take it from them.
    return await unlessAborted(this.#asking.get(name) ?? this.#learn(name, parsed), signal);
  }

  async #learn(name: string, ref: ParsedRef): Promise<Fields> {
    const asking = this.#ask(ref);
    // Where a promise belongs to a request, another one would hang on it.
    if (!isolatesRequests()) this.#asking.set(name, asking);
    try {
      const fields = await asking;
      this.#known.set(name, { fields, until: uptime() + FRESH });
      return fields;
    } finally {
      this.#asking.delete(name);
    }
  }

  async #ask(ref: ParsedRef): Promise<Fields> {
    const get = async (path: string): Promise<unknown> =>
      await (await this.#client.request(path)).json();
    const { shape } = await findShape(get, ref);
    return new Fields(shape?.input, shape?.schemas);
  }
}

/** The schema that a typed model brings along, as a Standard Schema. */
function inputSchemaOf(ref: Ref): JsonSchema | undefined {
  const { input } = ref as {
    input?: { "~standard"?: { jsonSchema?: { input(options: { target: string }): unknown } } };
  };
  const schema = input?.["~standard"]?.jsonSchema?.input({ target: "draft-07" });
  return isRecord(schema) ? schema : undefined;
}
