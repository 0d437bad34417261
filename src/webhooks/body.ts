/** The one reader of a webhook's or page's raw body, in whichever form a server has it. */

import { WebhookError } from "./error.ts";

/**
 * A body as it came over the wire. The stream of a `node:http` request is an async iterable.
 */
export type WebhookBody =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** The kinds of body that `Response` reads on every runtime, whichever realm they are from. */
const RAW = /^\[object (?:String|\w+Array|DataView|ArrayBuffer|ReadableStream|Blob|File)\]$/;

/**
 * The bytes of a webhook's body.
 *
 * @throws {WebhookError} `body`, if the body is missing, was read already, or was parsed.
 */
export async function bytesOf(body: unknown): Promise<Uint8Array<ArrayBuffer>> {
  let cause: unknown;
  try {
    const chunks = chunksOf(body);
    if (chunks) return (await collect(chunks, Infinity))!;
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
 * The bytes of a request's body, or `undefined` if there are more than `max`. No more than that is
 * read, whatever the request's headers say.
 */
export async function readBounded(
  { headers, body }: Request,
  max: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const isTooLong = Number(headers.get("content-length")) > max;
  return await collect(chunksOf(body ?? "")!, isTooLong ? -1 : max);
}

/** A body's bytes, one chunk at a time. */
interface Chunks {
  next(): Promise<{ done?: boolean | undefined; value?: unknown }>;
  /** Tells the sender that the rest is not wanted. */
  stop(): unknown;
}

function chunksOf(body: unknown): Chunks | undefined {
  if (RAW.test(Object.prototype.toString.call(body))) {
    const reader = new Response(body as BodyInit).body?.getReader();
    return {
      next: async () => await reader?.read() ?? { done: true },
      stop: () => reader?.cancel(),
    };
  }
  if (!(Symbol.asyncIterator in (body as object))) return undefined;
  const iterator = (body as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  return { next: () => iterator.next(), stop: () => iterator.return?.() };
}

async function collect(chunks: Chunks, max: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: BlobPart[] = [];
  for (let left = max; left >= 0;) {
    const { done, value } = await chunks.next();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value as BlobPart);
    left -= (value as Uint8Array).length;
  }
  await Promise.resolve(chunks.stop()).catch(() => {});
  return undefined;
}
