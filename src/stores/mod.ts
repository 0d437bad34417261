/**
 * Stores for `client.batch`, with which a batch can be resumed after a crash, and for `costMeter`, whose
 * budget several processes share by them.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { fileStore } from "@x/replicate/stores";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/hello": { official: true, run: ({ text }) => `Hello, ${text}` } },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const path = `${await Deno.makeTempDir()}/hello.jsonl`;
 * const inputs = [{ text: "Ada" }, { text: "Bob" }];
 *
 * // The second time it has every result in the file, and creates nothing.
 * for (let start = 1; start <= 2; start++) {
 *   const values: unknown[] = [];
 *   const options = { store: fileStore(path), ordered: true };
 *   for await (const result of client.batch("acme/hello", inputs, options)) {
 *     if (result.status === "fulfilled") values.push(result.value);
 *   }
 *   assertEquals(values, ["Hello, Ada", "Hello, Bob"]);
 *   assertEquals(fake.predictions.size, 2);
 * }
 * ```
 *
 * @module
 */

export type { BatchStore, CostStore } from "../batch/types.ts";
export {
  type CloudflareKv,
  cloudflareKvStore,
  type DurableObjectStorage,
  durableObjectStore,
} from "./cloudflare.ts";
export { fileCostStore, type FileCostStoreOptions } from "./cost_file.ts";
export { type DenoKvAtomic, type DenoKvCosts, denoKvCostStore } from "./cost_deno_kv.ts";
export { type DenoKv, denoKvStore } from "./deno_kv.ts";
export { fileStore, type FileStoreOptions } from "./file.ts";
export { memoryStore } from "./memory.ts";
