/** Reads `multipart/form-data` by hand, where the platform cannot. */

import { blobOf } from "./blob.ts";

/** The members of `FormData` that are used. */
export interface Form {
  /** The first part of a name; `null` if there is none. */
  get(name: string): string | File | null;
  /** All parts, with their names. */
  entries(): Iterable<[string, string | File]>;
}

/**
 * Reads the parts of a form.
 *
 * @throws {TypeError} If it is none.
 */
export function parseForm(bytes: Uint8Array<ArrayBuffer>, contentType: string): Form {
  const boundary = /boundary="?([^";]+)/.exec(contentType)?.[1];
  if (boundary === undefined) throw new TypeError("Cannot read the form: there is no boundary");
  const parts: [string, string | File][] = [];
  const mark = encode(`--${boundary}`);
  for (let at = find(bytes, mark, 0); at >= 0;) {
    const next = find(bytes, mark, at + mark.length);
    if (next < 0) break;
    // Between them: a line break, the headers, an empty line, the content, and a line break.
    parts.push(partOf(bytes.subarray(at + mark.length + 2, next - 2)));
    at = next;
  }
  return {
    get: (name) => parts.find(([key]) => key === name)?.[1] ?? null,
    entries: () => parts,
  };
}

function partOf(bytes: Uint8Array<ArrayBuffer>): [string, string | File] {
  const gap = find(bytes, encode("\r\n\r\n"), 0);
  const headers = new TextDecoder().decode(bytes.subarray(0, gap));
  const content = bytes.slice(gap + 4);
  const name = unescaped(/ name="([^"]*)"/i.exec(headers)?.[1] ?? "");
  const filename = / filename="([^"]*)"/i.exec(headers)?.[1];
  if (filename === undefined) return [name, new TextDecoder().decode(content)];
  const type = /^content-type: *(.+?)\r?$/im.exec(headers)?.[1];
  const blob = blobOf(content, type);
  return [name, Object.assign(blob, { name: unescaped(filename) }) as unknown as File];
}

/** Forms escape three characters in names. */
function unescaped(name: string): string {
  return name.replaceAll("%22", '"').replaceAll("%0D", "\r").replaceAll("%0A", "\n");
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The offset of some bytes within others, from `start` on; -1 if they are not there. */
function find(bytes: Uint8Array, wanted: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(wanted[0]!, start); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (wanted.every((byte, n) => bytes[at + n] === byte)) return at;
  }
  return -1;
}
