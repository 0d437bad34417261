/** Checks the body of a request against its schema. */

import { invalid } from "../error_answer.ts";
import type { Context } from "../handler.ts";
import { isRecord } from "../../base/record.ts";
import { check, type JsonSchema } from "../schema.ts";

/** The body of a request that fits the schema. */
export function checked({ body }: Context, schema: JsonSchema): Record<string, unknown> {
  const problems = check(schema, body);
  if (problems.length > 0 || !isRecord(body)) throw invalid(problems);
  return body;
}
