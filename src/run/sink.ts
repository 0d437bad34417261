/** The contract of a sink, and its place at the end of a run. */

import { signalOf } from "../base/async.ts";
import type { StoredFile } from "../files/stored.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Settled } from "./settled.ts";

/**
 * A sink keeps the files of outputs, as Replicate deletes them an hour after the prediction has ended.
 * Sinks are made by `folderSink`, `bucketSink`, `putSink` and `customSink` of `@x/replicate/sinks`.
 */
export interface Sink {
  /**
   * Keeps each file of a decoded output, and sets its `stored`.
   *
   * @returns The place of each file, in the order of the files.
   */
  keep(output: unknown, job: SinkJob): Promise<StoredFile[]>;
}

/** The facts about the run whose output is kept. */
export interface SinkJob {
  /** The prediction as it ended. */
  prediction: Prediction;
  /** Ends the work. */
  signal?: AbortSignal | undefined;
  /** The files that were kept before, by their position; `null` for those that were not. */
  known?: readonly (StoredFile | null)[] | undefined;
  /** Called, one call at a time, when one more file is kept; what it returns is awaited. */
  onStored?: ((stored: readonly (StoredFile | null)[]) => unknown) | undefined;
}

/**
 * Checks a sink.
 *
 * @throws {TypeError} If it is given, and is none.
 */
export function checkSink(sink: Sink | undefined): void {
  if (sink === undefined || typeof sink?.keep === "function") return;
  throw new TypeError("Cannot use this as sink: make one with @x/replicate/sinks");
}

/** The end of a run, once its files are kept. */
export async function kept<S extends Settled<unknown>>(
  settled: S,
  sink: Sink | undefined,
  job: Omit<SinkJob, "prediction">,
): Promise<S> {
  if (!sink) return settled;
  const { output, prediction } = settled;
  const signal = signalOf(job.signal);
  return { ...settled, stored: await sink.keep(output, { ...job, signal, prediction }) };
}
