import { toBytes } from "./bytes.ts";

/** Turns bytes, or the UTF-8 of a text, into lower-case hex. */
export function encodeHex(src: string | Uint8Array | ArrayBuffer): string {
  return Array.from(toBytes(src), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Turns hex, in either case, into bytes; throws when it is not hex. */
export function decodeHex(src: string): Uint8Array<ArrayBuffer> {
  if (src.length % 2 !== 0) throw new RangeError("Cannot decode input as hex: its length is odd");
  if (/[^0-9a-f]/i.test(src)) {
    throw new TypeError("Cannot decode input as hex: it has other characters");
  }
  return Uint8Array.from(src.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
