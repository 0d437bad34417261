/** The results of a batch: a line of JSON each, to stdout or to a file. */

import type { BatchResult } from "../batch/types.ts";
import { readable } from "../base/text.ts";
import type { ModelShape } from "../schema/shape.ts";
import type { FileOutput } from "../files/output.ts";
import { PredictionError } from "../run/errors.ts";
import { codeOf } from "./errors.ts";
import { shownInput } from "./model_input.ts";
import { replaced } from "./output.ts";
import type { Session } from "./session.ts";
import { EXIT, UsageError } from "./usage.ts";

/** The place that results go to. */
export interface Results {
  add(line: unknown): Promise<void>;
  close(): Promise<void>;
}

/** Opens `--out`, or stdout. */
export async function openResults(session: Session): Promise<Results> {
  const out = session.option("out");
  if (out === undefined) {
    return {
      add: async (line) => await session.print(`${JSON.stringify(line)}\n`),
      close: () => Promise.resolve(),
    };
  }
  try {
    const file = await (await session.io.disk()).open(out, "w");
    return {
      add: async (line) => await file.appendFile(`${JSON.stringify(line)}\n`),
      close: () => file.close(),
    };
  } catch {
    throw new UsageError(`Cannot write ${out}: its folder is not there, or cannot be written`);
  }
}

/** The line of a result. */
export function batchLine(
  result: BatchResult,
  paths: ReadonlyMap<FileOutput, string>,
  shape: ModelShape | undefined,
): unknown {
  const { index, prediction } = result;
  const input = shownInput(result.input, shape);
  const id = prediction?.id;
  if (result.status === "fulfilled") {
    const output = replaced(result.value, paths);
    const { metrics } = result.prediction;
    return { index, status: "succeeded", id, input, output, metrics };
  }
  const { reason } = result;
  const status = reason instanceof PredictionError
    ? reason.prediction.status
    : failureCode(reason) === EXIT.stopped
    ? "canceled"
    : "error";
  return { index, status, id, input, error: readable(reason) };
}

/** The exit code that a failure stands for. */
export function failureCode(reason: unknown): number {
  return codeOf(reason);
}
