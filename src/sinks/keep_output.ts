/** Keeps outputs of predictions that were not run here: those of webhooks, and those that failed before. */

import { signalOf } from "../base/async.ts";
import { checkKeys } from "../base/check.ts";
import { isTerminal } from "../base/job.ts";
import { ReplicateError } from "../errors.ts";
import { decodeOutput } from "../files/decode.ts";
import type { StoredFile } from "../files/stored.ts";
import type { ClientOptions } from "../http/options.ts";
import { createSend } from "../http/send.ts";
import type { Prediction } from "../resources/predictions.ts";
import { checkSink, type Sink } from "../run/sink.ts";

/** Options of {@linkcode keepOutput} and {@linkcode keepFiles}: those of a client that downloads need. */
export interface KeepOptions
  extends
    Pick<ClientOptions, "auth" | "baseUrl" | "fetch" | "allowDownload" | "retry" | "timeout"> {
  /** Ends the work. */
  signal?: AbortSignal | undefined;
}

const KEEP_OPTIONS: readonly string[] = [
  "auth",
  "baseUrl",
  "fetch",
  "allowDownload",
  "retry",
  "timeout",
  "signal",
];

/** An output whose files are kept. */
export interface KeptOutput {
  /** The output, with a `FileOutput` for each file. As JSON it has their places. */
  output: unknown;
  /** The place of each file, in order. */
  files: StoredFile[];
}

/**
 * Keeps the files of a prediction that has ended, while Replicate has them: for an hour. Files are found
 * by their URLs, as without a model's schema. No call of the API is made.
 *
 * @param prediction The prediction.
 * @param sink The sink.
 * @param options Options such as `{ signal }`, and those of your client that change how it downloads.
 * @throws {SinkError} If not all files could be kept.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { customSink, keepOutput } from "@x/replicate/sinks";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = () => new File(["a fig"], "fig.txt", { type: "text/plain" });
 * await using fake = new FakeReplicate({ models: { "acme/painter": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const sink = customSink(async ({ key, stream }) => {
 *   await new Response(stream).text();
 *   return key;
 * });
 * const prediction = await client.run("acme/painter", { input: {} }).prediction();
 * const { files } = await keepOutput(prediction, sink, { fetch: fake.fetch });
 * assertEquals(files[0]?.location, `${prediction.id}-0-fig.txt`);
 * ```
 */
export async function keepOutput(
  prediction: Prediction,
  sink: Sink,
  options: KeepOptions = {},
): Promise<KeptOutput> {
  checkKeeping(sink, options);
  const { signal, ...rest } = options;
  if (!isTerminal(prediction)) {
    throw new TypeError(
      `Cannot keep the output of prediction ${prediction.id}: it is ${prediction.status}; wait for ` +
        "its end, as by client.wait()",
    );
  }
  if (prediction.data_removed) {
    throw new ReplicateError(
      `Cannot keep the output of prediction ${prediction.id}: Replicate has deleted its data`,
    );
  }
  const output = decodeOutput(createSend(rest), prediction.output);
  const files = await sink.keep(output, { prediction, signal: signalOf(signal) });
  return { output, files };
}

/**
 * A listener of webhooks that keeps the files of each prediction that has succeeded, and calls another
 * listener then. The webhook is answered with 2xx only after that; if it fails, the answer is 500, and
 * Replicate delivers once more. Files have the same `key` each time.
 *
 * Set the `patience` of a handler with a `waitUntil`, as on Workers, to `"5m"`: else it answers after
 * 2 seconds, whatever becomes of the files.
 *
 * @param sink The sink.
 * @param listener The listener: it gets the prediction, its output with the places, and the delivery.
 * @param options Options of your client that change how it downloads.
 * @throws {TypeError} If the sink is missing, or the listener is no function.
 *
 * @example
 * ```ts
 * import { folderSink, keepFiles } from "@x/replicate/sinks";
 * import { webhookHandler } from "@x/replicate/webhooks";
 * import { assertEquals } from "@std/assert";
 *
 * const handler = webhookHandler({
 *   secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
 *   patience: "5m",
 *   on: {
 *     completed: keepFiles(folderSink("outputs"), (prediction, { files }) => {
 *       console.log(prediction.id, files.map(({ location }) => location));
 *     }),
 *   },
 * });
 * const request = new Request("https://app.example/hooks", { method: "POST", body: "{}" });
 * assertEquals((await handler(request)).status, 401);
 * ```
 */
export function keepFiles<P extends Prediction, D>(
  sink: Sink,
  listener?: (prediction: P, kept: KeptOutput, delivery: D) => unknown,
  options: KeepOptions = {},
): (prediction: P, delivery: D) => Promise<void> {
  checkKeeping(sink, options);
  if (listener !== undefined && typeof listener !== "function") {
    throw new TypeError("Cannot keep files: the listener is no function; give keepFiles(sink, fn)");
  }
  return async (prediction, delivery) => {
    const kept = prediction.status === "succeeded"
      ? await keepOutput(prediction, sink, options)
      : { output: prediction.output, files: [] };
    await listener?.(prediction, kept, delivery);
  };
}

function checkKeeping(sink: Sink, options: KeepOptions): void {
  if (!sink) throw new TypeError("Cannot keep files: give a sink first, such as folderSink(path)");
  checkSink(sink);
  checkKeys(options, KEEP_OPTIONS, "keep files");
}
