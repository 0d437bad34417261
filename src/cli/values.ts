/** The options of a model as they are written: `name=text`, `name:=json`, `name=@path`. */

import { concatBytes } from "../base/bytes.ts";
import { isRecord } from "../base/record.ts";
import { nearest } from "../base/text.ts";
import type { Io } from "./io.ts";
import type { Disk } from "./node.ts";
import { UsageError } from "./usage.ts";

/** One value, as it was written. */
export type Given =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "stdin" };

/** The values of each option, in the order in which they were written. */
export type GivenInput = ReadonlyMap<string, readonly Given[]>;

/**
 * Takes options apart.
 *
 * @throws {UsageError} If one has not the form of an option, or is not JSON.
 */
export function parseValues(words: readonly string[]): GivenInput {
  const values = new Map<string, Given[]>();
  for (const word of words) {
    const [, name = "", sign, text = ""] = /^([^\s=]+?)(:?=)([^]*)$/.exec(word) ?? [];
    if (!sign) throw notAnOption(word);
    const given = sign === ":=" ? jsonValue(name, text) : textValue(text);
    values.set(name, [...(values.get(name) ?? []), given]);
  }
  return values;
}

/** The value that a text stands for. */
export function textValue(text: string): Given {
  if (text.startsWith("@@")) return { kind: "text", text: text.slice(1) };
  if (text === "@-") return { kind: "stdin" };
  if (text.startsWith("@")) return { kind: "file", path: text.slice(1) };
  return { kind: "text", text };
}

function jsonValue(name: string, text: string): Given {
  try {
    return { kind: "json", value: JSON.parse(text) };
  } catch {
    throw new UsageError(`Cannot use ${name}:=${text.slice(0, 40)}: it is not JSON`, {
      hint: `Did you mean ${name}=${text.slice(0, 40)}?`,
    });
  }
}

function notAnOption(word: string): UsageError {
  const shown = word.length > 40 ? `${word.slice(0, 40)}...` : word;
  return new UsageError(`Cannot use ${shown} as an option of the model: write name=value`, {
    hint: `Did you mean prompt=${JSON.stringify(shown)}?`,
  });
}

/**
 * Checks that the files are there, so that nothing is sent when one is not.
 *
 * @throws {UsageError} If one is not there, or is a folder.
 */
export async function checkFiles(io: Io, input: GivenInput): Promise<void> {
  let readsStdin = false;
  for (const [name, values] of input) {
    for (const given of values) {
      if (given.kind === "file") await checkFile(await io.disk(), `${name}=@`, given.path, io.env);
      if (given.kind !== "stdin") continue;
      if (readsStdin) throw new UsageError(`Cannot use ${name}=@-: stdin can be read once only`);
      readsStdin = true;
    }
  }
}

/**
 * Checks that a path leads to a file.
 *
 * @throws {UsageError} If it does not; the message has the nearest name in that folder.
 */
export async function checkFile(
  disk: Disk,
  before: string,
  path: string,
  env: Io["env"],
): Promise<void> {
  const full = expanded(path, env);
  const entry = await disk.stat(full).catch(() => undefined);
  if (entry && !entry.isDirectory()) return;
  if (entry) throw new UsageError(`Cannot use ${before}${path}: it is a folder`);
  const [folder = ""] = /^.*\//.exec(full) ?? [];
  const names = await disk.readdir(folder || ".").catch(() => []);
  const like = nearest(full.slice(folder.length), names);
  throw new UsageError(`Cannot use ${before}${path}: there is no such file`, {
    hint: like === undefined ? undefined : `Did you mean ${before}${folder}${like}?`,
  });
}

/** A path with `~` in its place, which a shell leaves alone behind `@`. */
export function expanded(path: string, { HOME }: Io["env"]): string {
  return HOME && path.startsWith("~/") ? HOME + path.slice(1) : path;
}

const texts = new WeakMap<Io, Promise<Uint8Array<ArrayBuffer>>>();

/**
 * The whole of stdin, which is read once, and remembered.
 *
 * @throws {UsageError} If it is closed, or empty.
 */
export function readStdin(io: Io, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const text = texts.get(io) ?? readAll(io, what);
  texts.set(io, text);
  return text;
}

async function readAll({ stdin }: Io, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of stdin.bytes()) pieces.push(new Uint8Array(piece));
  } catch {
    throw new UsageError(`Cannot read ${what} from stdin: it is closed`);
  }
  if (pieces.length === 0) throw new UsageError(`Cannot read ${what} from stdin: it is empty`);
  return concatBytes(pieces);
}

/**
 * The object in a file of JSON, or on stdin.
 *
 * @throws {UsageError} If it is not there, or not a JSON object.
 */
export async function readObject(io: Io, path: string): Promise<Record<string, unknown>> {
  let text: string;
  if (path === "-") {
    text = new TextDecoder().decode(await readStdin(io, "the input"));
  } else {
    const disk = await io.disk();
    await checkFile(disk, "--input ", path, io.env);
    text = await disk.readFile(expanded(path, io.env), "utf8");
  }
  const source = path === "-" ? "stdin" : path;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    throw new UsageError(`Cannot use ${source} as the input: it is not JSON: ${why}`);
  }
  if (isRecord(value)) return value;
  throw new UsageError(`Cannot use ${source} as the input: it is no JSON object`);
}
