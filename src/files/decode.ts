/** Finds the files in an output. */

import { ReplicateError } from "../errors.ts";
import type { Send } from "../http/types.ts";
import { isFileUrl } from "./address.ts";
import { filesIn } from "./files_in.ts";
import { define, type Fields } from "./json_copy.ts";
import { FileOutput } from "./output.ts";

/**
 * Returns a copy of the output with a {@linkcode FileOutput} in place of each URL of a file, at any
 * depth.
 *
 * @param isFile True if the model's schema says that the output is the URL of a file.
 */
export function decodeOutput(send: Send, output: unknown, isFile = false): unknown {
  if (isFile && typeof output === "string" && URL.canParse(output)) {
    return new FileOutput(send, output);
  }
  const whole = copyOf(send, output);
  // Not by recursion: the output has been paid for, and one that is nested 50,000 deep would be lost.
  const waiting = [{ from: output, to: whole }];
  for (let pair; (pair = waiting.pop());) {
    const { from, to } = pair as { from: Fields; to: Fields };
    // A value that is not copied is complete.
    if (from === to || to instanceof FileOutput) continue;
    for (const key of Object.keys(from)) {
      const copy = copyOf(send, from[key]);
      define(to, key, copy);
      waiting.push({ from: from[key], to: copy });
    }
  }
  return whole;
}

/** A file in place of its URL, an empty copy of a list or an object, or the value itself. */
function copyOf(send: Send, value: unknown): unknown {
  if (typeof value === "string") {
    return isFileUrl(send, value) ? new FileOutput(send, value) : value;
  }
  if (typeof value !== "object" || value === null || value instanceof FileOutput) return value;
  return Array.isArray(value) ? [] : {};
}

/**
 * Returns the only file of an output: the output itself, or a file inside a list or an object.
 *
 * @throws {ReplicateError} If there is no file, or more than one; the message describes the output.
 */
export function singleFile(output: unknown): FileOutput {
  const files = filesIn(output);
  const [file] = files;
  if (file && files.length === 1) return file;
  throw shapeless("one file", output, files.length);
}

/**
 * Returns all files of an output in order, at any depth. The files of an empty list are none.
 *
 * @throws {ReplicateError} If any other output has no file; the message describes the output.
 */
export function allFiles(output: unknown): FileOutput[] {
  const files = filesIn(output);
  if (files.length > 0 || (Array.isArray(output) && output.length === 0)) return files;
  throw shapeless("files", output, 0);
}

/** Describes an output without showing its content. It has no files, or several. */
function shapeless(wanted: string, output: unknown, count: number): ReplicateError {
  const shape = output === null || output === undefined
    ? "empty"
    : Array.isArray(output)
    ? "a list"
    : typeof output === "object"
    ? "an object"
    : `a ${typeof output}`;
  return new ReplicateError(
    `Cannot give the output as ${wanted}: it is ${shape}, with ` +
      (count > 0 ? `${count} files: use files()` : "no files"),
  );
}
