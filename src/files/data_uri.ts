/** Writes files as base64 `data:` URLs, and reads them. */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { onAbort } from "../base/async.ts";
import { nativeBase64, nativeFromBase64 } from "../base/runtime.ts";
import type { Content } from "./content.ts";
import { type Chunk, joined } from "./bytes.ts";

/**
 * Writes a file as a `data:` URL, in one piece: the runtime's own base64 needs no memory besides its
 * result, and to join pieces takes longer than to make them.
 */
export async function dataUri(
  file: Content & { contentType: string },
  signal?: AbortSignal,
): Promise<string> {
  const encode = nativeBase64() ?? encodeBase64;
  // A quoted value may hold a space, at which the head would end.
  const type = file.contentType.replace(/[ \t]*;[ \t]*/g, ";").replace(/[" ]/g, encodeURIComponent);
  const bytes = file.bytes ?? await bytesOf(file, signal);
  return `data:${type};base64,${encode(bytes)}`;
}

async function bytesOf({ open, size }: Content, signal: AbortSignal | undefined): Promise<Chunk> {
  const reading = await open();
  const unlisten = onAbort(signal, () => reading.close(signal?.reason));
  try {
    return await joined(reading, size);
  } finally {
    unlisten();
  }
}

/** The head of a base64 `data:` URL, and its bytes. */
export interface DataUri {
  type: string;
  /** The size in bytes. */
  size: number;
  /** Decodes the bytes; throws if the text is not base64. */
  bytes(): Chunk;
}

/** Reads the head of a base64 `data:` URL; returns `undefined` for any other text. */
export function parseDataUri(text: string): DataUri | undefined {
  const [head, type] = /^data:([^,\s]{0,255});base64,/i.exec(text) ?? [];
  if (head === undefined) return undefined;
  const length = text.length - head.length;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return {
    type: type || "text/plain;charset=US-ASCII",
    size: Math.floor((length - padding) * 3 / 4),
    bytes: () => (nativeFromBase64() ?? decodeBase64)(text.slice(head.length)) as Chunk,
  };
}

/** True if the whole text is a base64 `data:` URL. */
export function isDataUri(text: string): boolean {
  return /^data:[^,\s]{0,255};base64,[A-Z0-9+/]*={0,2}$/i.test(text);
}
