/** Base64, as `@std/encoding` has it. */

import { toBytes } from "./bytes.ts";

/** Arguments of one call are bounded, so the bytes become text piece by piece. */
const PIECE = 0x8000;

/** Turns bytes, or the UTF-8 of a text, into base64 with padding. */
export function encodeBase64(data: ArrayBuffer | Uint8Array | string): string {
  const bytes = toBytes(data);
  let latin1 = "";
  for (let at = 0; at < bytes.length; at += PIECE) {
    latin1 += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  }
  return btoa(latin1);
}

/** Turns base64, with or without padding, into bytes; throws when it is not base64. */
export function decodeBase64(b64: string): Uint8Array<ArrayBuffer> {
  if (/\s/.test(b64)) throw new TypeError("Cannot decode input as base64: it has white space");
  let latin1: string;
  try {
    latin1 = atob(b64);
  } catch (cause) {
    throw new TypeError("Cannot decode input as base64: it is malformed", { cause });
  }
  return Uint8Array.from(latin1, (char) => char.charCodeAt(0));
}
