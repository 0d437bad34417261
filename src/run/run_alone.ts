import type { Send } from "../request.ts";
import type { OutputOf, Ref } from "./ref.ts";
import { Run } from "./run.ts";
import { type OnProgress, type RunOptions, settleRun } from "./runner.ts";
import { Versions } from "./versions.ts";

const versions = new WeakMap<Send, Versions>();

/**
 * `client.run` without a client: for a bundle that has what it uses, and no more.
 *
 * @param send What sends requests, and the parts that it was made with.
 * @throws As `client.run` does.
 *
 * @example
 * ```ts
 * import { createSend, run } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const models = { "acme/hello": { official: true, run: () => "hello" } };
 * await using fake = new FakeReplicate({ models });
 * const send = createSend({ auth: "r8_test", fetch: fake.fetch });
 * assertEquals(await run(send, "acme/hello", { input: {} }), "hello");
 * ```
 */
export function run<R extends Ref>(
  send: Send,
  ref: R,
  options: RunOptions<R>,
  onProgress?: OnProgress,
): Run<OutputOf<R>> {
  if (typeof send !== "function") {
    const message = "Cannot run a model: give what sends requests first, as createSend makes it";
    return new Run(Promise.reject(new TypeError(message)));
  }
  const context = { send, versions: versions.get(send) ?? new Versions() };
  versions.set(send, context.versions);
  const work = settleRun(context, ref, onProgress ? { ...options, onProgress } : options);
  return new Run(work, send.parts, options?.signal);
}
