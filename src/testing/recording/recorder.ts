/** `recorder`, a `fetch` that writes down what the API answers. */

import { checkKeys } from "../../base/check.ts";
import { Tape } from "./tape.ts";
import type { RecorderOptions, Recording } from "./types.ts";

/** A `fetch` that records. Give it to a client, and let it go when the program is done. */
export interface Recorder extends AsyncDisposable {
  /** Sends a request, and records it with its answer. */
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The same function, for code that takes a fake or a recorder: `{ fetch: source.fetch }`. */
  readonly fetch: typeof globalThis.fetch;
  /** The recording so far, as it is written to the file. */
  recording(): Recording;
  /**
   * Waits for answers that are on their way, at most 5 seconds, and writes the file.
   *
   * @throws {ReplicateError} If the file cannot be written.
   */
  save(): Promise<void>;
  /** Throws if nothing was recorded, or if the file could not be written. */
  assertDone(): void;
  /** Does what `save()` does. */
  [Symbol.asyncDispose](): Promise<void>;
}

const OPTIONS = ["file", "onRecord", "redact", "maxBody", "timing"];
/**
 * Makes a `fetch` that records what the real API answers, for `FakeReplicate.from` to play. The
 * recording has no token, no signature of a URL, and no large file. It has the inputs of models,
 * as they are needed to find the answers: see {@linkcode RecorderOptions.redact}.
 *
 * The file is written when something new is there, and by `save()`, which the end of an
 * `await using` block calls.
 *
 * @param fetch Sends the requests. Default: that of the runtime.
 * @param options The file, and what is recorded.
 * @throws {TypeError | RangeError} If an option cannot be used.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate, recorder } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * // In the place of the real API.
 * await using real = new FakeReplicate({ models: { "acme/poet": { run: () => "Rain" } } });
 *
 * await using record = recorder(real.fetch);
 * const input = { prompt: "weather" };
 * await new Client({ auth: "r8_secret", fetch: record }).run("acme/poet", { input });
 *
 * const fake = await FakeReplicate.from(record.recording());
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * assertEquals(await client.run("acme/poet", { input }).text(), "Rain");
 * fake.assertDone();
 * ```
 */
export function recorder(
  fetch?: typeof globalThis.fetch,
  options: RecorderOptions = {},
): Recorder {
  if (fetch !== undefined && typeof fetch !== "function") {
    throw new TypeError("Cannot record: give a fetch first, and then the options");
  }
  checkKeys(options, OPTIONS, "make a recorder");
  const tape = new Tape(fetch, options);
  const record: typeof globalThis.fetch = (input, init) => tape.fetch(input, init);
  return Object.assign(record, {
    fetch: record,
    recording: () => tape.recording(),
    save: () => tape.save(),
    assertDone: () => tape.assertDone(),
    [Symbol.asyncDispose]: () => tape.save(),
  });
}
