/** Outputs as a program gets them: by the model's schema if it is known, else by their values. */

import type { ModelCheck, ReadLeaf } from "../base/model_check.ts";
import type { Send } from "../http/types.ts";

/** An output with a file for each URL of one; the parts of one text are joined by the schema. */
export function decoded(send: Send, check: ModelCheck | undefined, output: unknown): unknown {
  const read = leafReader(send);
  try {
    return check ? check.output(output, read) : read(output, false);
  } catch (error) {
    // Nested too deeply for the stack. It is paid for, and stays as it is.
    if (error instanceof RangeError) return output;
    throw error;
  }
}

/** One item of an output. */
export function decodedChunk(send: Send, check: ModelCheck | undefined, item: unknown): unknown {
  const read = leafReader(send);
  return check ? check.chunk(item, read) : read(item, false);
}

function leafReader(send: Send): ReadLeaf {
  const codec = send.parts?.fileCodec;
  return (value, isFile) => codec ? codec.decode(send, value, isFile) : value;
}
