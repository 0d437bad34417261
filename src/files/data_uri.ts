/** Files within JSON, both ways. */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { nativeBase64, nativeFromBase64 } from "../runtime.ts";
import { bytesOfContent, type Chunk, type Content } from "./content.ts";

/**
 * A file as a `data:` URL. In one piece, as the runtime's own base64 needs nothing besides its result,
 * and joining pieces would take longer than making them.
 */
export async function dataUri(content: Content, contentType: string): Promise<string> {
  const encode = nativeBase64() ?? encodeBase64;
  const type = contentType.replace(/\s*;\s*/g, ";");
  return `data:${type};base64,${encode(await bytesOfContent(content))}`;
}

/** The media type and the bytes of a base64 `data:` URL. */
export interface DataUri {
  type: string;
  /** In bytes. */
  size: number;
  /** Throws if it is not base64 after all. */
  bytes(): Chunk;
}

const HEAD = /^data:([^,\s]{0,255});base64,/i;

/** Reads the head of a base64 `data:` URL; `undefined` if it is something else. */
export function parseDataUri(text: string): DataUri | undefined {
  const head = HEAD.exec(text);
  if (!head) return undefined;
  const length = text.length - head[0].length;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return {
    type: head[1] || "text/plain;charset=US-ASCII",
    size: Math.floor((length - padding) * 3 / 4),
    bytes: () => (nativeFromBase64() ?? decodeBase64)(text.slice(head[0].length)) as Chunk,
  };
}

/** Whether the whole of a text is a base64 `data:` URL. */
export function isDataUri(text: string): boolean {
  const head = HEAD.exec(text);
  return head !== null && /^[A-Za-z0-9+/]*={0,2}$/.test(text.slice(head[0].length));
}
