/** The bodies that create predictions and trainings. */

import { invalid } from "../error_answer.ts";
import type { Context } from "../handler.ts";
import { isRecord } from "../../base/record.ts";
import { check, type JsonSchema } from "../schema.ts";
import type { FakeInput } from "../types.ts";

const WEBHOOK_FIELDS: Readonly<Record<string, JsonSchema>> = {
  webhook: { type: "string", format: "uri" },
  webhook_events_filter: {
    type: "array",
    items: { type: "string", enum: ["start", "output", "logs", "completed"] },
  },
};

/** A prediction whose version follows from the path. */
export const PREDICTION: JsonSchema = {
  type: "object",
  required: ["input"],
  properties: { input: { type: "object" }, stream: { type: "boolean" }, ...WEBHOOK_FIELDS },
  additionalProperties: false,
};

/** A prediction whose version is a field of the body. */
export const PREDICTION_OF_VERSION: JsonSchema = {
  ...PREDICTION,
  required: ["version", "input"],
  properties: { version: { type: "string" }, ...PREDICTION.properties },
};

/** A training. */
export const TRAINING: JsonSchema = {
  type: "object",
  required: ["destination", "input"],
  properties: { destination: { type: "string" }, input: { type: "object" }, ...WEBHOOK_FIELDS },
};

/** The fields of a body that creates something. */
export interface JobBody {
  readonly input: FakeInput;
  readonly version?: string;
  readonly destination?: string;
  readonly webhook?: string;
  readonly webhook_events_filter?: readonly string[];
}

/** The body of a request that fits the schema. */
export function jobBody({ body }: Context, schema: JsonSchema): JobBody {
  const problems = check(schema, body);
  if (problems.length > 0 || !isJobBody(body)) throw invalid(problems);
  return body;
}

/** Tells types what the schema has checked. */
function isJobBody(body: unknown): body is JobBody {
  return isRecord(body) && isRecord(body.input);
}
