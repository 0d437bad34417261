/** The fastest SHA-256 that there is here, piece by piece. */

import { encodeHex } from "@std/encoding/hex";
import { sha256 } from "../base/runtime.ts";
import { sha256Stream } from "../base/worker_streams.ts";
import { newSha256 } from "./sha256.ts";

/** A SHA-256 of what passes by, such as one of `node:crypto`. */
export interface Hasher {
  /** Takes more bytes. */
  update(bytes: Uint8Array): unknown;
  /** Ends it, and gives the hash. */
  digest(encoding: "hex"): string | Promise<string>;
}

/** Makes a hash: by the runtime where it can hash piece by piece, else by a hash of our own. */
export function hasher(): Hasher {
  return sha256() ?? workerHasher() ?? newSha256();
}

function workerHasher(): Hasher | undefined {
  const stream = sha256Stream();
  return stream && {
    update: (bytes) => stream.writer.write(bytes),
    digest: async () => {
      await stream.writer.close();
      return encodeHex(await stream.digest);
    },
  };
}
