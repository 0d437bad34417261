import { toArrayBuffer } from "./to_array_buffer.ts";

/** Reads a stream of bytes to its end into one array. */
export async function toBytes(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await toArrayBuffer(stream));
}
