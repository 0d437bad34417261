/** An input that is written from the settings of the AI SDK, by what the model's schema has. */

import { isRecord } from "../base/record.ts";
import { type JsonSchema, typesOf } from "../schema/json_schema.ts";
import { type Field, type Fields, takesList } from "./fields.ts";
import type { AiCallOptions, AiWarning } from "./shared_types.ts";

/** The most values that a warning lists. */
const LISTED = 12;

/** The input of one call, and the warnings that it gives rise to. */
export class Draft {
  readonly input: Record<string, unknown> = {};
  readonly warnings: AiWarning[] = [];
  readonly fields: Fields;

  /** Begins with an empty input. */
  constructor(fields: Fields) {
    this.fields = fields;
    if (fields.known) return;
    this.warnings.push({
      type: "other",
      message: "The schema of this model is not known, so its fields are guessed: " +
        'give "owner/name" or "owner/name:version", or set fields by providerOptions.replicate',
    });
  }

  /**
   * Sets the first of these fields that the model has, or warns that it has none.
   *
   * @param feature The setting, by the AI SDK's name for it.
   * @returns `true` if the setting is sent.
   */
  set(feature: string, names: string, value: unknown): boolean {
    if (value === undefined || value === null) return false;
    const field = this.fields.find(names);
    if (!field) {
      this.warn(feature);
      return false;
    }
    const fitting = fit(field, value);
    if (fitting === undefined) {
      this.warn(feature, `${field.name} takes ${choicesOf(field.schema)}`);
      return false;
    }
    this.input[field.name] = fitting;
    return true;
  }

  /** Sets each of these settings of a call, by the names of its fields. */
  setAll<F extends string>(
    settings: Readonly<Record<F, string>>,
    values: NoInfer<Partial<Record<F, unknown>>>,
  ): void {
    for (const feature in settings) this.set(feature, settings[feature], values[feature]);
  }

  /** Sets files: in one list, or in a field and those that are numbered like it. */
  setFiles(feature: string, names: string, files: readonly unknown[]): void {
    if (files.length === 0) return;
    const field = this.fields.find(names);
    if (!field) return this.warn(feature);
    if (takesList(field)) {
      this.input[field.name] = files;
      return;
    }
    files.forEach((file, index) => {
      // Some models have input_image, input_image_2, input_image_3, ...
      const name = index === 0 ? field.name : `${field.name}_${index + 1}`;
      if (index === 0 || this.fields.known && this.fields.find(name)) this.input[name] = file;
      else this.warn(feature, `the model takes ${index} of them: the others are left out`);
    });
  }

  /** Says that a setting has no effect, once. */
  warn(feature: string, details?: string): void {
    if (this.warnings.some((it) => "feature" in it && it.feature === feature)) return;
    this.warnings.push({ type: "unsupported", feature, ...(details && { details }) });
  }

  /** Says that a setting is sent in another form. */
  adapted(feature: string, details: string): void {
    this.warnings.push({ type: "compatibility", feature, details });
  }

  /** The input with the caller's own fields, which win. */
  finish(options: AiCallOptions["providerOptions"]): Record<string, unknown> {
    const own: unknown = options?.replicate;
    if (own !== undefined && !isRecord(own)) {
      throw new TypeError(
        "Cannot use providerOptions.replicate: give an object with fields of the model's input",
      );
    }
    return { ...this.input, ...own };
  }
}

/** The value as the field takes it; `undefined` if it is none of its choices. */
function fit(field: Field, value: unknown): unknown {
  const { schema } = field;
  if (schema.enum) return schema.enum.find((it) => it === value || String(it) === String(value));
  if (takesList(field)) return Array.isArray(value) ? value : [value];
  const isText = typesOf(schema).includes("string");
  if (isText && Array.isArray(value)) return value.join(",");
  return isText && typeof value === "number" ? String(value) : value;
}

function choicesOf({ enum: choices = [] }: JsonSchema): string {
  const more = choices.length > LISTED ? ", ..." : "";
  return choices.slice(0, LISTED).map((it) => JSON.stringify(it)).join(", ") + more;
}
