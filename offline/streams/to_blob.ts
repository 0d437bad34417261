/** Reads a stream of bytes to its end into a Blob. */
export async function toBlob(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  return await new Response(stream as BodyInit).blob();
}
