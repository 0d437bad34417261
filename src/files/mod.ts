/** The part for files, which a client always has. */

import type { FileCodec } from "../http/types.ts";
import { allFiles, decodeOutput, singleFile } from "./decode.ts";
import { encodeInput } from "./encode.ts";

/** A part for `createSend` that sends the files in inputs, and finds the files in outputs. */
export const fileCodec: FileCodec = {
  encode: encodeInput,
  decode: decodeOutput,
  single: singleFile,
  all: allFiles,
};
