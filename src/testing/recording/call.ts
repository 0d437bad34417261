/** Describes a request as a recording has it: for the recorder, and to find its answer on replay. */

import { encodeHex } from "@std/encoding";
import { parsed } from "../../base/text.ts";
import { type Form, parseForm } from "../multipart.ts";
import type { Scrubber } from "./scrub.ts";
import type { RecordedBytes, RecordedCall, RecordedPart } from "./types.ts";

/** The headers of a request that its answer depends on, and that hold no secret. */
const HEADERS = ["cancel-after", "last-event-id", "prefer", "range"];

/** A request with its body, read to its end. */
export interface ReadCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** The description of a request, without secrets. */
export async function describeCall(
  { method, url, headers, bytes }: ReadCall,
  scrubber: Scrubber,
): Promise<RecordedCall> {
  const kept = HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return {
    method,
    url: scrubber.url(url),
    ...(kept.length > 0 && { headers: Object.fromEntries(kept) }),
    ...(bytes && bytes.length > 0 &&
      await describeBody(bytes, headers.get("content-type") ?? "", scrubber)),
  };
}

async function describeBody(
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
  scrubber: Scrubber,
): Promise<Pick<RecordedCall, "json" | "text" | "form" | "bytes">> {
  if (type.startsWith("multipart/form-data")) {
    return { form: await describeForm(parseForm(bytes, type), scrubber) };
  }
  const isJson = /\bjson\b/i.test(type);
  if (!isJson && !type.startsWith("text/")) return { bytes: await digestOf(bytes) };
  const text = new TextDecoder().decode(bytes);
  const json = isJson ? parsed(text) : undefined;
  return json === undefined ? { text: scrubber.text(text) } : { json: scrubber.json(json) };
}

async function describeForm(form: Form, scrubber: Scrubber): Promise<RecordedPart[]> {
  return await Promise.all(
    [...form.entries()].map(async ([name, part]): Promise<RecordedPart> => {
      if (typeof part === "string") return { name, text: scrubber.text(part) };
      const digest = await digestOf(new Uint8Array(await part.arrayBuffer()));
      return { name, filename: part.name, type: part.type, ...digest };
    }),
  );
}

/** The size and the SHA-256 of bytes. Only secure pages have the means for the latter. */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<RecordedBytes> {
  const { length: size } = bytes;
  if (!globalThis.crypto?.subtle) return { size };
  return { size, sha256: encodeHex(await crypto.subtle.digest("SHA-256", bytes)) };
}
