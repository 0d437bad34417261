/** The sink that is a bucket of R2, or of the same form. */

import { fixedLengthStream } from "../base/worker_streams.ts";
import type { Sink } from "../run/sink.ts";
import { makeSink } from "./custom.ts";
import { hasher } from "./hash.ts";
import { namesBy } from "./names.ts";
import type { SinkFile, SinkOptions } from "./types.ts";

/** A bucket of R2, as a Worker has it: anything with such a `put`. */
export interface SinkBucket {
  /** Stores the content under the key. */
  put(
    key: string,
    content: ReadableStream,
    options: { httpMetadata: { contentType: string } },
  ): Promise<unknown>;
}

/** Options of {@linkcode bucketSink}. */
export interface BucketSinkOptions extends SinkOptions {
  /** The key of a file. Default: its `key`. */
  key?: ((file: SinkFile) => string) | undefined;
}

/**
 * A sink that puts files into a bucket of R2. The location is the key.
 *
 * @param bucket The binding of the bucket.
 * @param options Options such as `{ key: (file) => "covers/" + file.key }`.
 * @throws {TypeError | RangeError} If the bucket is missing, or an option cannot be used.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { bucketSink } from "@x/replicate/sinks";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = () => new File(["a fig"], "fig.txt", { type: "text/plain" });
 * await using fake = new FakeReplicate({ models: { "acme/painter": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const shelf = new Map<string, string>();
 * const env = { // the second parameter of a Worker's fetch()
 *   COVERS: {
 *     async put(key: string, content: ReadableStream): Promise<void> {
 *       shelf.set(key, await new Response(content).text());
 *     },
 *   },
 * };
 * const sink = bucketSink(env.COVERS, { key: ({ name }) => `covers/${name}` });
 * assertEquals(await client.run("acme/painter", { input: {}, sink }).json(), "covers/fig.txt");
 * assertEquals(shelf.get("covers/fig.txt"), "a fig");
 * ```
 */
export function bucketSink(bucket: SinkBucket, options: BucketSinkOptions = {}): Sink {
  if (typeof bucket?.put !== "function") {
    throw new TypeError(
      "Cannot keep files in a bucket: give one that has put(), as in bucketSink(env.BUCKET)",
    );
  }
  const keyOf = namesBy(options?.key, "key");
  const put = async (file: SinkFile): Promise<string> => {
    const key = keyOf(file);
    const { content, sent } = sized(file);
    const stored = bucket.put(key, content, { httpMetadata: { contentType: file.contentType } });
    await Promise.all([sent, stored]);
    return key;
  };
  return makeSink(put, hasher, options, "key");
}

/** The content as R2 takes it: with its size, which it reads off the stream. */
function sized(
  { stream, size, signal }: SinkFile,
): { content: ReadableStream; sent?: Promise<void> } {
  const fixed = fixedLengthStream(size);
  if (!fixed) return { content: stream };
  return { content: fixed.readable, sent: stream.pipeTo(fixed.writable, { signal }) };
}
