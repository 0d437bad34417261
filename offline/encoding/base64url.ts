/** Base64url, as `@std/encoding` has it. */

import { decodeBase64, encodeBase64 } from "./base64.ts";

/** Turns bytes, or the UTF-8 of a text, into base64url without padding. */
export function encodeBase64Url(data: ArrayBuffer | Uint8Array | string): string {
  return encodeBase64(data).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Turns base64url into bytes; throws when it is not base64url. */
export function decodeBase64Url(b64url: string): Uint8Array<ArrayBuffer> {
  if (/[+/]/.test(b64url)) throw new TypeError("Cannot decode input as base64url: it is base64");
  return decodeBase64(b64url.replaceAll("-", "+").replaceAll("_", "/"));
}
