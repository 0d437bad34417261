/** Passes on only the bytes from `start` to `end`, both counted from 0 and inclusive. */
export class ByteSliceStream extends TransformStream<Uint8Array, Uint8Array> {
  /** Makes the stream; without arguments it passes on everything. */
  constructor(start = 0, end: number = Infinity) {
    if (!(start >= 0)) {
      throw new RangeError(
        `Cannot construct ByteSliceStream as start must be >= 0: received ${start}`,
      );
    }
    let seen = 0;
    super({
      transform(chunk, controller): void {
        const [from, to] = [Math.max(start - seen, 0), end + 1 - seen];
        seen += chunk.length;
        if (from < chunk.length) controller.enqueue(chunk.slice(from, Math.min(to, chunk.length)));
        if (to <= chunk.length) controller.terminate();
      },
    });
  }
}
