/** Sinks of a function, which every other sink is too. */

import { checkKeys, wholeNumber } from "../base/check.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { loadModules } from "../base/runtime.ts";
import type { Sink } from "../run/sink.ts";
import type { Keeping, Put } from "./attempt.ts";
import { hasher } from "./hash.ts";
import { keep } from "./keep.ts";
import { SINK_OPTIONS, type SinkFile, type SinkOptions, type SinkPlace } from "./types.ts";

const ATTEMPTS = 5;
const TIMEOUT: Duration = "60s";

/**
 * A sink of a function, for every place that takes a stream. The function reads `file.stream` to its end,
 * and returns the place: text, or an object with a `location`, `url`, `key` or `path`, as most stores give.
 * If it throws, the file is read again from its URL, and the function is called again.
 *
 * @param put Puts one file somewhere.
 * @param options Options such as `{ attempts: 3 }`.
 * @throws {TypeError | RangeError} If the function is missing, or an option cannot be used.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { customSink } from "@x/replicate/sinks";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = () => new File(["a fig"], "fig.txt", { type: "text/plain" });
 * await using fake = new FakeReplicate({ models: { "acme/painter": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const shelf = new Map<string, string>();
 * const sink = customSink(async ({ key, stream }) => {
 *   shelf.set(key, await new Response(stream).text());
 *   return { key };
 * });
 * const { stored } = await client.run("acme/painter", { input: {}, sink }).file();
 * assertEquals(stored?.size, 5);
 * assertEquals(shelf.get(stored!.location), "a fig");
 * ```
 */
export function customSink(
  put: (file: SinkFile) => SinkPlace | Promise<SinkPlace>,
  options: SinkOptions = {},
): Sink {
  if (typeof put !== "function") {
    throw new TypeError(
      "Cannot keep files: give a function, as in customSink(async ({ key, stream }) => ...)",
    );
  }
  return makeSink(put, hasher, options);
}

/**
 * A sink of a function, with the options that all sinks have.
 *
 * @param hash Makes a hash for one file.
 * @param more The names of the options that only this kind of sink has.
 */
export function makeSink(
  put: Put,
  hash: Keeping["hash"],
  options: SinkOptions,
  ...more: readonly string[]
): Sink {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("Cannot keep files: give the options as an object");
  }
  checkKeys(options, [...SINK_OPTIONS, ...more], "keep files");
  const keeping = {
    put,
    hash,
    attempts: wholeNumber(options.attempts ?? ATTEMPTS, "attempts"),
    idle: toMs(options.timeout ?? TIMEOUT, "timeout", 1),
  };
  return {
    keep: async (output, job) => {
      await loadModules();
      return await keep(keeping, output, job);
    },
  };
}
