/**
 * Sinks keep the files of outputs, which Replicate deletes an hour after their end: in a folder, in R2, by
 * PUT in S3 and its like, or anywhere by a function.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { folderSink } from "@x/replicate/sinks";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = () => [new File(["a fig"], "fig.txt"), new File(["a plum"], "plum.txt")];
 * await using fake = new FakeReplicate({ models: { "acme/painter": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const sink = folderSink(await Deno.makeTempDir());
 * const files = await client.run("acme/painter", { input: {}, sink }).files();
 * const texts = files.map(({ stored }) => Deno.readTextFileSync(stored!.location));
 * assertEquals(texts, ["a fig", "a plum"]);
 * ```
 *
 * @module
 */

export type { StoredFile } from "../files/stored.ts";
export type { Sink, SinkJob } from "../run/sink.ts";
export { bucketSink, type BucketSinkOptions, type SinkBucket } from "./bucket.ts";
export { customSink } from "./custom.ts";
export { SinkError, type SinkErrorInit } from "./error.ts";
export { folderSink, type FolderSinkOptions } from "./folder.ts";
export { keepFiles, type KeepOptions, keepOutput, type KeptOutput } from "./keep_output.ts";
export { type PutRequest, putSink, type PutSinkOptions } from "./put.ts";
export type { SinkFile, SinkOptions, SinkPlace } from "./types.ts";
