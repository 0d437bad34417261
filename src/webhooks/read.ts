/**
 * The bytes of a request's body; `undefined` if there are more than `max`. No more than that is read,
 * whatever its headers say.
 */
export async function readBounded(
  request: Request,
  max: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const isLong = Number(request.headers.get("content-length")) > max;
  if (isLong) await request.body?.cancel().catch(() => {});
  if (isLong) return undefined;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > max) {
      await reader.cancel().catch(() => {});
      return undefined;
    }
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
