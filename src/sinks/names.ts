/** The names under which sinks keep files. */

import { shown } from "../base/text.ts";
import { ReplicateError } from "../errors.ts";
import type { SinkFile } from "./types.ts";

/** Makes the name of a file. */
export type NameOf = (file: SinkFile) => string;

/**
 * Checks the option that makes names.
 *
 * @throws {TypeError} If it is given, and is no function.
 */
export function checkNameOf(nameOf: NameOf | undefined, option: string): void {
  if (nameOf === undefined || typeof nameOf === "function") return;
  throw new TypeError(
    `Cannot use ${typeof nameOf} as ${option}: give a function, as in ` +
      `{ ${option}: (file) => \`covers/\${file.key}\` }`,
  );
}

/**
 * The name of a file: by the option, or by default its `key`.
 *
 * @throws {ReplicateError} If the option gives none.
 */
export function nameFor(file: SinkFile, nameOf: NameOf | undefined, option: string): string {
  const name = nameOf ? nameOf(file) : file.key;
  if (typeof name === "string" && name !== "") return name;
  throw new ReplicateError(`Cannot keep ${file.name}: ${option} gave ${shown(name)}, and no name`);
}
