/** A file that is counted and hashed while it passes. */

import { ConnectionError, ReplicateError } from "../errors.ts";
import type { Reading } from "../files/bytes.ts";
import type { Hasher } from "./hash.ts";

/** A file on its way. Its methods need no `this`, as streams call them without. */
export interface Passage extends Reading {
  /** The error by which the download ended, if it did. */
  failure(): unknown;
  /**
   * The hash of the file, in hexadecimal.
   *
   * @throws {ReplicateError} If the sink has left out a part of it.
   */
  sha256(): Promise<string>;
}

/**
 * Counts and hashes a file while it passes.
 *
 * @param size The number of bytes that it must have.
 * @param hash Gets each piece.
 * @param moved Called when a piece has come.
 */
export function passing(
  reading: Reading,
  size: number,
  hash: Hasher,
  moved: () => void,
): Passage {
  let passed = 0;
  let failure: unknown;

  return {
    read: async () => {
      try {
        const piece = await reading.read();
        moved();
        if (piece) {
          passed += piece.length;
          await hash.update(piece);
        } else if (passed !== size) {
          throw new ConnectionError(
            `Cannot keep the file: it ended after ${passed} of ${size} bytes`,
          );
        }
        return piece;
      } catch (error) {
        throw failure = error;
      }
    },
    close: (reason) => reading.close(reason),
    failure: () => failure,
    sha256: async () => {
      if (passed === size) return await hash.digest("hex");
      throw new ReplicateError(
        `Cannot keep the file: the sink took ${passed} of its ${size} bytes; read the stream to its end`,
      );
    },
  };
}
