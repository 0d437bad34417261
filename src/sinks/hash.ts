/** The fastest SHA-256 that there is here, piece by piece. */

import { encodeHex } from "@std/encoding/hex";
import { sha256 } from "../base/runtime.ts";
import { sha256Stream } from "../base/worker_streams.ts";
import { Sha256 } from "./sha256.ts";

/** A SHA-256 of what passes by. */
export interface Hasher {
  /** Takes more bytes. */
  update(bytes: Uint8Array): unknown;
  /** Ends it, and gives the hash in hexadecimal. */
  hex(): string | Promise<string>;
}

/** Makes a hash: by the runtime where it can hash piece by piece, else by a hash of our own. */
export function hasher(): Hasher {
  const native = sha256();
  if (native) return { update: (bytes) => native.update(bytes), hex: () => native.digest("hex") };
  const stream = sha256Stream();
  if (stream) {
    const { writer, digest } = stream;
    return {
      update: (bytes) => writer.write(bytes),
      hex: async () => {
        await writer.close();
        return encodeHex(await digest);
      },
    };
  }
  const own = new Sha256();
  return { update: (bytes) => own.update(bytes), hex: () => encodeHex(own.digest()) };
}
