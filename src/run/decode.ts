/** Outputs as a program gets them: by the model's schema if it is known, else by their values. */

import type { ModelCheck, ReadLeaf } from "../base/model_check.ts";
import type { Send } from "../http/types.ts";

/**
 * An output, or one item of it, with a file for each URL of one; the parts of one text are joined by the
 * schema.
 */
export function decoded(
  send: Send,
  check: ModelCheck | undefined,
  value: unknown,
  part: "output" | "chunk" = "output",
): unknown {
  const codec = send.parts?.fileCodec;
  const read: ReadLeaf = (value, isFile) => codec ? codec.decode(send, value, isFile) : value;
  try {
    return check ? check[part](value, read) : read(value, false);
  } catch (error) {
    // Nested too deeply for the stack. It is paid for, and stays as it is.
    if (error instanceof RangeError) return value;
    throw error;
  }
}
