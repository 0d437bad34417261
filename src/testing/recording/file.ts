/** Reads and writes the files of recordings. */

import { isRecord } from "../../base/record.ts";
import { builtinModule, loadModules } from "../../base/runtime.ts";
import { parsed, readable } from "../../base/text.ts";
import { ReplicateError } from "../../errors.ts";
import { printJson } from "./print.ts";
import type { Recording } from "./types.ts";

/** The format that is written, and the only one that is read. */
export const FORMAT = "x-replicate-recording-1";

/** The part of Node's file system that recordings need; Deno and Bun have the same. */
interface Files {
  readFile(path: string | URL, encoding: "utf8"): Promise<string>;
  writeFile(path: string | URL, text: string): Promise<void>;
}

/** Writes a recording. */
export async function writeRecording(path: string | URL, recording: Recording): Promise<void> {
  await within("write", path, (files) => files.writeFile(path, `${printJson(recording)}\n`));
}

/**
 * Reads a recording, or checks one that is given.
 *
 * @throws {ReplicateError} If it cannot be read.
 * @throws {TypeError} If it is not a recording.
 */
export async function readRecording(source: string | URL | object): Promise<Recording> {
  if (typeof source !== "string" && !(source instanceof URL)) return checked(source, "the object");
  const text = await within("read", source, (files) => files.readFile(source, "utf8"));
  return checked(parsed(text), String(source));
}

/** Does something with the disk. */
async function within<T>(
  verb: "read" | "write",
  path: string | URL,
  work: (files: Files) => Promise<T>,
): Promise<T> {
  await loadModules();
  const files = builtinModule<{ promises?: Files }>("node:fs")?.promises;
  const action = `${verb} the recording ${path}`;
  if (!files) {
    const advice = verb === "read"
      ? "import the JSON, and give the object"
      : "take it from recording() or onRecord";
    throw new ReplicateError(`Cannot ${action}: there is no disk here; ${advice}`);
  }
  try {
    return await work(files);
  } catch (cause) {
    throw new ReplicateError(`Cannot ${action}: ${readable(cause)}`, { cause });
  }
}

function checked(value: unknown, name: string): Recording {
  const hasFormat = isRecord(value) && value.format === FORMAT;
  if (hasFormat && Array.isArray(value.exchanges) && value.exchanges.every(isExchange)) {
    return value as unknown as Recording;
  }
  const why = hasFormat ? "its exchanges are not complete" : `its format is not "${FORMAT}"`;
  throw new TypeError(`Cannot play ${name}: ${why}; write it with recorder()`);
}

function isExchange(value: unknown): boolean {
  return isRecord(value) && isRecord(value.answer) && isRecord(value.request) &&
    typeof value.request.url === "string" && typeof value.request.method === "string";
}
