/** The names under which sinks keep files. */

import { shown } from "../base/text.ts";
import { ReplicateError } from "../errors.ts";
import type { SinkFile } from "./types.ts";

/** Makes the name of a file. */
export type NameOf = (file: SinkFile) => string;

/**
 * The names of files by an option, or by default their `key`.
 *
 * @throws {TypeError} If the option is given, and is no function.
 */
export function namesBy(nameOf: NameOf | undefined, option: string): NameOf {
  if (nameOf !== undefined && typeof nameOf !== "function") {
    throw new TypeError(
      `Cannot use ${typeof nameOf} as ${option}: give a function, as in (file) => file.key`,
    );
  }
  return (file) => {
    const name = nameOf ? nameOf(file) : file.key;
    if (typeof name === "string" && name !== "") return name;
    throw new ReplicateError(
      `Cannot keep ${file.name}: ${option} gave ${shown(name)}, and no name`,
    );
  };
}
