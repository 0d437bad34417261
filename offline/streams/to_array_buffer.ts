import { toBlob } from "./to_blob.ts";

/** Reads a stream of bytes to its end into one buffer. */
export async function toArrayBuffer(
  readableStream: ReadableStream<Uint8Array>,
): Promise<ArrayBuffer> {
  return await (await toBlob(readableStream)).arrayBuffer();
}
