/** Finds the files of an output that is decoded. */

import { can } from "./kind.ts";
import type { FileOutput } from "./output.ts";

/** All files of an output in order, at any depth. */
export function filesIn(output: unknown): FileOutput[] {
  const files: FileOutput[] = [];
  const waiting = [output];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) continue;
    if (isFile(value)) files.push(value);
    else for (const item of Object.values(value).reverse()) waiting.push(item);
  }
  return files;
}

/** By what it can do: the class brings all of downloading along, which a sink has no need of. */
function isFile(value: object): value is FileOutput {
  return "href" in value && can(value, "response");
}
