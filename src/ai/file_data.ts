/** Files of the AI SDK, in a form that an input takes. */

import { decodeBase64 } from "@std/encoding/base64";
import type { AiFileData } from "./language_types.ts";
import type { AiFile } from "./shared_types.ts";

/** A file as an input takes it: a `Blob`, which the client uploads, or a URL. */
export type InputFile = Blob | string;

/** A file of an image or video call. */
export function inputFile(file: AiFile): InputFile {
  return file.type === "url" ? file.url : blobOf(file.data, file.mediaType);
}

/** Bytes or base64 as a file. The bytes are the caller's, and are not copied before they are sent. */
export function blobOf(data: Uint8Array | string, type: string, filename?: string): Blob {
  const bytes = typeof data === "string" ? decodeBase64(data) : data;
  const parts = [bytes as Uint8Array<ArrayBuffer>];
  // The SDK says "image" or "image/*" where it does not know more: then the client looks at the bytes.
  const options = { type: /^\w+\/[^*]/.test(type) ? type : "" };
  return filename === undefined ? new Blob(parts, options) : new File(parts, filename, options);
}

/** The file of a part of a prompt; its text, if it is one; `undefined` if it cannot be sent. */
export function promptFile(
  data: AiFileData | undefined,
  type: string,
  filename: string | undefined,
): { file: InputFile } | { text: string } | undefined {
  if (data instanceof URL) return { file: data.href };
  if (typeof data === "string" || data instanceof Uint8Array) {
    return { file: blobOf(data, type, filename) };
  }
  switch (data?.type) {
    case "data":
      return { file: blobOf(data.data, type, filename) };
    case "url":
      return { file: String(data.url) };
    case "text":
      return { text: data.text };
    case "reference": {
      const file = data.reference.replicate;
      return file === undefined ? undefined : { file };
    }
    default:
      return undefined;
  }
}
