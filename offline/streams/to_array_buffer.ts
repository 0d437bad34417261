/** Reads a stream of bytes to its end into one buffer. */
export async function toArrayBuffer(
  readableStream: ReadableStream<Uint8Array>,
): Promise<ArrayBuffer> {
  const reader = readableStream.getReader();
  const pieces: [at: number, piece: Uint8Array][] = [];
  let size = 0;
  for (let next; !(next = await reader.read()).done; size += next.value.length) {
    pieces.push([size, next.value]);
  }
  const whole = new Uint8Array(size);
  for (const [at, piece] of pieces) whole.set(piece, at);
  return whole.buffer;
}
