/** The type of what can stand for a file in the input of a typed model. */

import type { FileBytes, FileInput, FileStream } from "./file_input.ts";
import type { FileOutput } from "./output.ts";

/** An open file: `Deno.FsFile`, or a `FileHandle` of Node. */
export interface OpenFile {
  /** Returns the facts that the file system has about the file. */
  stat(): Promise<unknown>;
}

/**
 * A file in an input: a URL (also one that is a `data:` URL), bytes, a stream of bytes, an open file, an
 * output of another model, or a promise of one of these. `FileInput` takes a path, a name and a type.
 */
export type FileSource =
  | string
  | URL
  | FileInput
  | FileOutput
  | FileBytes
  | FileStream
  | OpenFile
  | PromiseLike<FileSource>;
