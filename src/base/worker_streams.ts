/** Streams that only Cloudflare Workers have. */

interface WorkerGlobals {
  FixedLengthStream?: new (size: number) => TransformStream<Uint8Array, Uint8Array>;
  crypto: Crypto & {
    DigestStream?: new (algorithm: string) => WritableStream<Uint8Array> & {
      digest: Promise<ArrayBuffer>;
    };
  };
}

const globals = globalThis as unknown as WorkerGlobals;

/** A stream that states its size, which R2 and `fetch` of Workers ask of a body; absent elsewhere. */
export function fixedLengthStream(
  size: number,
): TransformStream<Uint8Array, Uint8Array> | undefined {
  const { FixedLengthStream } = globals;
  return FixedLengthStream && new FixedLengthStream(size);
}

/** A writer that hashes what is written, and the hash; absent elsewhere. */
export function sha256Stream():
  | { writer: WritableStreamDefaultWriter<Uint8Array>; digest: Promise<ArrayBuffer> }
  | undefined {
  // Called on `crypto`, as Workers refuse it on anything else.
  const { DigestStream } = globals.crypto;
  if (!DigestStream) return undefined;
  const stream = new DigestStream("SHA-256");
  // A stream that is let go rejects its digest, which nobody may be waiting for.
  stream.digest.catch(() => {});
  return { writer: stream.getWriter(), digest: stream.digest };
}
