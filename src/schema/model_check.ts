/** The check of a model, made of its shape. */

import type { ModelCheck } from "../base/model_check.ts";
import { checkInput, issuesOf } from "./input.ts";
import { readChunk, readOutput } from "./output.ts";
import { redactorOf, secretsOf } from "./redact.ts";
import type { ModelShape } from "./shape.ts";

/** The check of a model, whose shape is asked for when it is needed. */
export function modelCheck(shape: () => ModelShape): ModelCheck {
  return {
    input: (given, coerce) => {
      const { input, problems } = checkInput(shape(), given, coerce);
      return { input, issues: issuesOf(problems) };
    },
    output: (value, read) => {
      const { output = {}, schemas = {} } = shape();
      return readOutput(output, value, schemas, read);
    },
    chunk: (item, read) => {
      const { output = {}, schemas = {} } = shape();
      return readChunk(output, item, schemas, read);
    },
    get secrets() {
      return secretsOf(shape());
    },
    redactor: (input) => redactorOf(secretsOf(shape()), input),
  };
}
