/** The check of a model, made of its shape. */

import type { ModelCheck } from "../base/model_check.ts";
import { checkInput, issuesOf } from "./input.ts";
import { readChunk, readOutput } from "./output.ts";
import { redactorOf, secretsOf } from "./redact.ts";
import type { ModelShape } from "./shape.ts";

/** The check of a model. */
export function modelCheck(shape: ModelShape): ModelCheck {
  const { output: schema = {}, schemas = {} } = shape;
  const secrets = secretsOf(shape);
  return {
    input: (given, coerce) => {
      const { input, problems } = checkInput(shape, given, coerce);
      return { input, issues: issuesOf(problems) };
    },
    output: (output, read) => readOutput(schema, output, schemas, read),
    chunk: (item, read) => readChunk(schema, item, schemas, read),
    secrets,
    redactor: (input) => redactorOf(secrets, input),
  };
}
