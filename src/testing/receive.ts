/** Reads the bodies of requests, and shows exchanges to the log and the validator. */

import { concatBytes } from "../base/bytes.ts";
import { type Form, parseForm } from "./multipart.ts";
import { isRecord } from "../base/record.ts";

/** The body of a request, for its handler and for the log. */
export interface Received {
  /** The parsed JSON, the text, or the form; `undefined` when there is no body. */
  readonly body: unknown;
  /** The body for the log, with the files of a form as `{ name, type, size }`. */
  readonly summary: unknown;
  /** True when the content type is JSON and the text is not. */
  readonly isBroken: boolean;
}

/** Reads the body of a request to its end, as a server does, or until the signal aborts. */
export async function receive(request: Request, signal: AbortSignal): Promise<Received> {
  const bytes = await collect(request.body, signal);
  const type = request.headers.get("content-type") ?? "";
  if (bytes === undefined) return { body: undefined, summary: undefined, isBroken: false };
  if (type.startsWith("multipart/form-data")) {
    const form = await formOf(bytes, type);
    return { body: form, summary: summarize(form), isBroken: false };
  }
  const text = new TextDecoder().decode(bytes);
  if (!type.startsWith("application/json")) return { body: text, summary: text, isBroken: false };
  try {
    const body: unknown = JSON.parse(text);
    return { body, summary: body, isBroken: false };
  } catch {
    return { body: text, summary: text, isBroken: true };
  }
}

async function collect(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body === null) return undefined;
  const reader = body.getReader();
  const stop = (): void => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  try {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return concatBytes(chunks);
      chunks.push(value);
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function formOf(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Form> {
  try {
    return await new Response(bytes, { headers: { "content-type": type } }).formData();
  } catch {
    // Within jsdom, Node makes the files of its form by the DOM's `File`, and then does not know them.
    return parseForm(bytes, type);
  }
}

function summarize(form: Form): Record<string, unknown> {
  const parts = [...form.entries()].map(([name, part]) => {
    if (typeof part === "string") return [name, part];
    return [name, { name: part.name, type: part.type, size: part.size }];
  });
  return Object.fromEntries(parts);
}

/** The body of an answer for the validator: JSON is parsed, and bytes are left out. */
export async function bodyOf(response: Response): Promise<unknown> {
  const type = response.headers.get("content-type") ?? "";
  if (response.body === null || type.startsWith("application/octet-stream")) return undefined;
  const text = await response.clone().text();
  if (!type.includes("json")) return text;
  const body: unknown = JSON.parse(text);
  return isRecord(body) || Array.isArray(body) ? body : text;
}
