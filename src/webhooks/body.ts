/** The raw bytes of a webhook's body. */

import { WebhookError } from "./error.ts";

/**
 * A body as it came over the wire. A Node stream, such as `node:http` has it, is an async iterable.
 */
export type WebhookBody =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** What `Response` reads on every runtime, whichever realm it is from. */
const RAW = /^\[object (?:String|\w+Array|DataView|ArrayBuffer|ReadableStream|Blob|File)\]$/;

/**
 * The bytes of a body.
 *
 * @throws {WebhookError} `body`, if it is none, was read already, or was parsed.
 */
export async function bytesOf(body: unknown): Promise<ArrayBuffer> {
  let cause: unknown;
  try {
    if (RAW.test(Object.prototype.toString.call(body))) {
      return await new Response(body as BodyInit).arrayBuffer();
    }
    if (Symbol.asyncIterator in (body as object)) {
      const chunks: BlobPart[] = [];
      for await (const chunk of body as AsyncIterable<BlobPart>) chunks.push(chunk);
      return await new Blob(chunks).arrayBuffer();
    }
  } catch (error) {
    cause = error;
  }
  throw new WebhookError(
    "body",
    "its raw bytes are gone: the body was parsed or read before, or left out; " +
      'in Express, use express.raw({ type: "application/json" }) for this route',
    cause,
  );
}
/**
 * The bytes of a request's body; `undefined` if there are more than `max`. No more than that is read,
 * whatever its headers say.
 */
export async function readBounded(
  request: Request,
  max: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = Number(request.headers.get("content-length")) > max ? Infinity : 0;
  const reader = request.body?.getReader();
  while (reader) {
    if (size > max) {
      await reader.cancel().catch(() => {});
      return undefined;
    }
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
