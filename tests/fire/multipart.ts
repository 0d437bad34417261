/** A plain reader of `multipart/form-data`, for the server. */

import { Buffer } from "node:buffer";

/** One part of a form. */
export interface Part {
  name: string;
  filename?: string;
  type?: string;
  bytes: Uint8Array;
}

/** Takes a form apart; `undefined` if it is none. */
export function partsOf(contentType: string, body: Uint8Array): Part[] | undefined {
  const boundary = /boundary="?([^";]+)/.exec(contentType)?.[1];
  if (!boundary) return undefined;
  const bytes = Buffer.from(body);
  const mark = `--${boundary}`;
  const parts: Part[] = [];
  let at = bytes.indexOf(mark);
  while (at >= 0) {
    const start = at + mark.length;
    if (bytes.subarray(start, start + 2).toString() === "--") return parts;
    const end = bytes.indexOf(`\r\n${mark}`, start);
    if (end < 0) return undefined;
    const head = bytes.indexOf("\r\n\r\n", start);
    const lines = bytes.subarray(start + 2, head).toString("utf8");
    const filename = /filename="([^"]*)"/i.exec(lines)?.[1];
    const type = /content-type: *(.+)/i.exec(lines)?.[1];
    parts.push({
      name: /[; ]name="([^"]*)"/i.exec(lines)?.[1] ?? "",
      ...(filename !== undefined && { filename }),
      ...(type !== undefined && { type: type.trim() }),
      bytes: new Uint8Array(bytes.subarray(head + 4, end)),
    });
    at = end + 2;
  }
  return undefined;
}
