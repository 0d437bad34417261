/** Errors as lines for people, and as exit codes for scripts. */

import {
  ApiError,
  AuthError,
  ConnectionError,
  InputError,
  ReplicateError,
  TimeoutError,
} from "../errors.ts";
import { excerpt, readable } from "../base/text.ts";
import { isMissing } from "../resources/missing.ts";
import { PredictionError } from "../run/errors.ts";
import type { Io } from "./io.ts";
import { harmless } from "./terminal.ts";
import { EXIT } from "./usage.ts";

/** The longest message that is shown whole. */
const LONGEST = 1000;

/** Prints an error in at most three lines, and gives its exit code. */
export async function report(error: unknown, io: Pick<Io, "stderr" | "env">): Promise<number> {
  const lines = [`replicate: ${harmless(excerpt(readable(error), LONGEST))}`, ...hintsOf(error)];
  const isBug = !(error instanceof ReplicateError) && codeOf(error) === EXIT.error;
  if (isBug && io.env.REPLICATE_DEBUG && error instanceof Error) lines.push(error.stack ?? "");
  await io.stderr.write(`${lines.join("\n")}\n`).catch(() => {});
  return codeOf(error);
}

/** The exit code of an error. */
export function codeOf(error: unknown): number {
  if (error instanceof PredictionError) {
    const { status } = error.prediction;
    return status === "canceled" || status === "aborted" ? EXIT.stopped : EXIT.failed;
  }
  if (error instanceof TimeoutError) {
    return error.phase === "deadline" || error.phase === "wait" ? EXIT.stopped : EXIT.error;
  }
  if (error instanceof InputError || error instanceof AuthError) return EXIT.usage;
  const isMisuse = error instanceof TypeError || error instanceof RangeError;
  return isMisuse && error.message.startsWith("Cannot ") ? EXIT.usage : EXIT.error;
}

function hintsOf(error: unknown): string[] {
  if (error instanceof PredictionError) {
    return [`Its logs: replicate predictions get ${error.id}`];
  }
  if (isMissing(error) && /\/models\//.test(error.url)) {
    return ["Find a model: replicate models search TEXT"];
  }
  if (error instanceof ApiError && error.status === 401) {
    return ["Keep another token: replicate login"];
  }
  if (error instanceof ApiError && error.invalidFields.length > 0) {
    return ["The options of a model: replicate run --help owner/name"];
  }
  if (error instanceof TimeoutError) return [];
  if (error instanceof ConnectionError) return ["To try it without a network, use --offline"];
  return [];
}
