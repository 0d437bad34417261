import type { FileCodec } from "../http/types.ts";
import { encodeInput } from "./encode.ts";
import { allFiles, decodeOutput, singleFile } from "./output.ts";

/** The part of `createSend` that sends the files of inputs, and finds those of outputs. */
export const fileCodec: FileCodec = {
  encode: encodeInput,
  decode: decodeOutput,
  single: singleFile,
  all: allFiles,
};
