/** The types of sinks: a file on its way, its place, and the options that all sinks have. */

import type { Duration } from "../base/duration.ts";
import type { Prediction } from "../resources/predictions.ts";

/** A file of an output on its way into a sink. */
export interface SinkFile {
  /** The content, to be read once and to its end. It is downloaded as it is read. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The size in bytes. */
  readonly size: number;
  /** The media type: `application/octet-stream` if nothing shows it. */
  readonly contentType: string;
  /** The name at Replicate, in a form that is safe to save under. */
  readonly name: string;
  /**
   * A name that no other output has: the id of the prediction, the position and the name, such as
   * `h57pag03m5rmy0czx00v1spt08-0-fig.png`. It is the same each time, so that a file that is kept again
   * takes its own place.
   */
  readonly key: string;
  /** The position among the files of the output, from 0. */
  readonly index: number;
  /** The prediction that made it. */
  readonly prediction: Prediction;
  /** Aborts when the caller leaves, or when nothing of the file has moved for the `timeout`. */
  readonly signal: AbortSignal;
}

/** The place of a file: text, or an object that has it under one of these names, as most stores give. */
export type SinkPlace =
  | string
  | { readonly location: string }
  | { readonly url: string }
  | { readonly key: string }
  | { readonly path: string };

/** Options of every sink. */
export interface SinkOptions {
  /**
   * The most times that a file is tried, each time from its URL, with waits of 1 s, 2 s, 4 s and so on
   * up to 30 s between them. Default 5.
   */
  attempts?: number | undefined;
  /** The longest time in which nothing of a file moves. Default `"60s"`. */
  timeout?: Duration | undefined;
}

/** The names of {@linkcode SinkOptions}. */
export const SINK_OPTIONS: readonly string[] = ["attempts", "timeout"];
