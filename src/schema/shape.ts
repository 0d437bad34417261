/** The shape of a model: as much of its schema as is needed while a program runs. */

import type { JsonSchema, Schemas } from "./json_schema.ts";

/** The part of a model's schema that its check needs. `deno task types` writes it. */
export interface ModelShape {
  /** The schema of the input. */
  readonly input: JsonSchema;
  /** The schema of the output; without it, outputs are read by their values. */
  readonly output?: JsonSchema | undefined;
  /** The schemas that a `$ref` in the others may name. */
  readonly schemas?: Schemas | undefined;
}
