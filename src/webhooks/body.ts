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

/** Kinds of bodies that `Response` reads on every runtime, whichever realm they are from. */
const READABLE = /^\[object (?:ArrayBuffer|ReadableStream|Blob|File)\]$/;

/**
 * The bytes of a body.
 *
 * @throws {WebhookError} `body`, if it is none, was read already, or was parsed.
 */
export async function bytesOf(body: unknown): Promise<Uint8Array> {
  let cause: unknown;
  try {
    if (typeof body === "string" || ArrayBuffer.isView(body) || READABLE.test(tagOf(body))) {
      return new Uint8Array(await new Response(body as BodyInit).arrayBuffer());
    }
    if (Symbol.asyncIterator in (body as object)) {
      const chunks: BlobPart[] = [];
      for await (const chunk of body as AsyncIterable<BlobPart>) chunks.push(chunk);
      return new Uint8Array(await new Blob(chunks).arrayBuffer());
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

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}
