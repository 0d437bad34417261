/** Base64, both ways, in pieces: a whole file at once costs several times its size. */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { nativeBase64 } from "../runtime.ts";
import type { Chunk, Content } from "./content.ts";

/** A multiple of 3, so that the pieces' base64 can be joined. */
const PIECE = 96 * 1024;

/** A file as a `data:` URL. */
export async function dataUri(content: Content, contentType: string): Promise<string> {
  const encode = nativeBase64() ?? encodeBase64;
  const parts = [`data:${contentType.replace(/\s*;\s*/g, ";")};base64,`];
  const reading = await content.open();
  try {
    let rest: Uint8Array = new Uint8Array();
    for (let chunk; (chunk = await reading.read()) !== undefined;) {
      let bytes: Uint8Array = chunk;
      if (rest.length > 0) {
        bytes = new Uint8Array(rest.length + chunk.length);
        bytes.set(rest);
        bytes.set(chunk, rest.length);
      }
      const end = bytes.length - bytes.length % 3;
      for (let at = 0; at < end; at += PIECE) {
        parts.push(encode(bytes.subarray(at, Math.min(at + PIECE, end))));
      }
      rest = bytes.subarray(end);
    }
    if (rest.length > 0) parts.push(encode(rest));
  } finally {
    await reading.close();
  }
  return parts.join("");
}

/** The media type and the bytes of a base64 `data:` URL. */
export interface DataUri {
  type: string;
  /** In bytes. */
  size: number;
  bytes(): Chunk;
}

/** Reads a base64 `data:` URL; `undefined` if it is something else. */
export function parseDataUri(text: string): DataUri | undefined {
  const head = /^data:([^,\s]{0,255});base64,/i.exec(text);
  if (!head) return undefined;
  const start = head[0].length;
  // A class of characters without a repeated group: it stays linear for megabytes.
  if (text.slice(start).search(/[^A-Za-z0-9+/=]/) !== -1) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return {
    type: head[1] || "text/plain;charset=US-ASCII",
    size: Math.floor((text.length - start - padding) * 3 / 4),
    bytes: () => decodeBase64(text.slice(start)) as Chunk,
  };
}
