/** Hex, as `@std/encoding` has it. */

import { toBytes } from "./bytes.ts";

/** Turns bytes, or the UTF-8 of a text, into lower-case hex. */
export function encodeHex(src: string | Uint8Array | ArrayBuffer): string {
  return Array.from(toBytes(src), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
