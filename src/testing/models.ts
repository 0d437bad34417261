/** The models of a fake, and their versions. */

import { hexOf } from "./ids.ts";
import { isRecord } from "../base/record.ts";
import type { JsonSchema, Schemas } from "./schema.ts";
import type { FakeInput, FakeModel } from "./types.ts";

/** A version of a model. */
export interface VersionEntry {
  readonly id: string;
  readonly created: number;
  readonly model: ModelEntry;
  /** The code that runs: a model of the options, or the trainer that made the version. */
  readonly definition: FakeModel;
  readonly schemas: Schemas;
}

/** A model in the state of a fake. */
export interface ModelEntry {
  readonly owner: string;
  readonly name: string;
  readonly official: boolean;
  readonly created: number;
  readonly visibility: "public" | "private";
  readonly examples: readonly { readonly input: FakeInput; readonly output: unknown }[];
  /** The versions, newest first. */
  readonly versions: VersionEntry[];
  /** The fields that are shown as they were sent, such as `description` and `github_url`. */
  readonly facts: Record<string, unknown>;
  readme: string | undefined;
  runs: number;
}

const DAY = 86_400_000;

/** The models of a fake, by `owner/name`. */
export class Models {
  readonly #entries = new Map<string, ModelEntry>();

  constructor(models: Readonly<Record<string, FakeModel>>, now: number) {
    for (const [ref, definition] of Object.entries(models)) this.#define(ref, definition, now);
  }

  get(owner: string, name: string): ModelEntry | undefined {
    return this.#entries.get(`${owner}/${name}`);
  }

  /** The names of all models, in the order of their definition. */
  names(): Iterable<string> {
    return this.#entries.keys();
  }

  /** Every model, newest first. */
  all(): ModelEntry[] {
    return [...this.#entries.values()].reverse();
  }

  add(entry: ModelEntry): void {
    this.#entries.set(`${entry.owner}/${entry.name}`, entry);
  }

  delete(entry: ModelEntry): void {
    this.#entries.delete(`${entry.owner}/${entry.name}`);
  }

  /** The version with this id, of any model. */
  version(id: string): VersionEntry | undefined {
    for (const { versions } of this.#entries.values()) {
      const found = versions.find((version) => version.id === id);
      if (found) return found;
    }
    return undefined;
  }

  /** The public models whose name or description contains every word of a query. */
  search(query: string): ModelEntry[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return this.all().filter((entry) => {
      const text = `${entry.owner}/${entry.name} ${entry.facts.description ?? ""}`.toLowerCase();
      return entry.visibility === "public" && words.every((word) => text.includes(word));
    });
  }

  #define(ref: string, definition: FakeModel, now: number): void {
    const [owner = "", name = "", ...rest] = ref.split("/");
    if (!owner || !name || rest.length > 0) {
      throw new TypeError(
        `Cannot define the model ${JSON.stringify(ref)}: its name must be "owner/name"`,
      );
    }
    const { versions = 1 } = definition;
    const ids = typeof versions === "number"
      ? Array.from({ length: versions }, (_, index) => versionId(ref, versions - index))
      : versions;
    const entry: ModelEntry = {
      owner,
      name,
      official: definition.official ?? false,
      created: now - ids.length * DAY,
      visibility: definition.visibility ?? "public",
      examples: definition.examples ?? [],
      versions: [],
      facts: { description: definition.description ?? null },
      readme: definition.readme,
      runs: 0,
    };
    const schemas = schemasOf(definition.schema);
    for (const [index, id] of ids.entries()) {
      entry.versions.push({ id, created: now - index * DAY, model: entry, definition, schemas });
    }
    this.add(entry);
  }
}

/** The id of the nth version of a model, counted from 1 for the oldest. */
export function versionId(ref: string, nth = 1): string {
  return hexOf(`${ref}#${nth}`);
}

/** Fills the defaults of a model's schema into an input. */
export function withDefaults(schemas: Schemas, input: FakeInput): FakeInput {
  const filled: FakeInput = {};
  for (const [name, field] of Object.entries(schemas.Input?.properties ?? {})) {
    if (field.default !== undefined) filled[name] = field.default;
  }
  return { ...filled, ...input };
}

/** The named schemas of a model, whose option may be the schema of the input alone. */
function schemasOf(schema: FakeModel["schema"]): Schemas {
  const blank: Schemas = {
    Input: { title: "Input", type: "object", properties: {} },
    Output: { title: "Output" },
  };
  if (schema === undefined) return blank;
  return isInputSchema(schema) ? { ...blank, Input: schema } : { ...blank, ...schema };
}

function isInputSchema(schema: JsonSchema | Schemas): schema is JsonSchema {
  return !isRecord(schema.Input) && !isRecord(schema.Output);
}
