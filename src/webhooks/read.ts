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
