import type { Duration } from "../base/duration.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { InputOf, OutputOf, Ref } from "../run/ref.ts";
import type { RunOptions } from "../run/options.ts";
import type { CostMeter } from "./cost.ts";

/** Inputs, all there or made one by one. */
export type BatchInputs<I extends object = object> = Iterable<I> | AsyncIterable<I>;

/** What became of one input of a batch. */
export type BatchResult<R extends Ref = Ref, I = InputOf<R>> =
  | {
    /** The how manieth input it was, from 0. */
    index: number;
    /** The input, as it was given. */
    input: I;
    status: "fulfilled";
    /** The output, with a `FileOutput` for each file. */
    value: OutputOf<R>;
    /** The prediction as it ended. */
    prediction: Prediction;
  }
  | {
    index: number;
    input: I;
    status: "rejected";
    /** What `run` would have thrown. */
    reason: unknown;
    /** The prediction as it was last seen, if there was one. */
    prediction: Prediction | undefined;
  };

/** How far a batch is. */
export interface BatchProgress {
  /** Inputs that are settled, those that failed included. */
  done: number;
  /** Inputs that were rejected. */
  failed: number;
  /** Inputs that are at work, or wait for the rate limit. */
  running: number;
  /** How many inputs there are; `undefined` where that is not known before the last one is read. */
  total: number | undefined;
  /** Inputs settled per second, of late. What came from the store does not count. */
  rate: number;
  /** Milliseconds that are left at this rate; `undefined` where `total` or `rate` is not known. */
  etaMs: number | undefined;
}

/**
 * Where a batch keeps what it has created and what has ended: keys are text of at most 80 characters,
 * values are JSON. Each method may return a promise. A `Map` is one; others are in `./stores`.
 */
export interface BatchStore {
  /** The value, or a promise of it; `undefined` or `null` if there is none. */
  get(key: string): unknown;
  /** Sets a value. Once its promise resolves, the value must survive the process. */
  set(key: string, value: unknown): unknown;
  /** Forgets a value, if it is there. */
  delete(key: string): unknown;
}

/**
 * What `batch` takes. What {@linkcode RunOptions} has goes for each input by itself: `timeout`, say,
 * counts from the moment when its input is taken, and includes waiting for the rate limit.
 */
export interface BatchOptions<R extends Ref = Ref, I = InputOf<R>>
  extends Omit<RunOptions<R>, "input" | "onProgress" | "settle"> {
  /**
   * How to wait. Default `false`: the server answers a create at once. A number of seconds in which
   * most of the runs end saves requests; then what runs has no id yet that could be kept or canceled.
   */
  wait?: RunOptions<R>["wait"];
  /**
   * How long between two looks at a prediction. Default: 40 ms for each of `concurrency`, from 500 ms
   * to 5 s, which leaves others room in the rate limit.
   */
  interval?: Duration | undefined;
  /**
   * How many inputs are worked on at once. A result that waits to be taken from the loop counts as
   * one, so that a slow consumer slows the batch, and results do not pile up. Default 16.
   */
  concurrency?: number | undefined;
  /** Whether results come in the order of the inputs. Default: as they end. */
  ordered?: boolean | undefined;
  /**
   * Whether inputs that are equal as JSON are run once, and share the result. All results are
   * remembered for that until the end. Default `false`.
   */
  dedupe?: boolean | undefined;
  /**
   * Keeps what was created, so that the same batch can be started again after a crash: it attaches to
   * what still runs, takes what has ended from the store, and creates nothing twice. One store stands
   * for one batch, in one process at a time.
   */
  store?: BatchStore | undefined;
  /**
   * What tells an input from others, for `store` and `dedupe`: needed for inputs with files in them.
   * The same key stands for the same input, also after a restart. Default: the input as JSON.
   */
  key?: ((input: I, index: number) => string) | undefined;
  /** Counts what it costs, and keeps to a budget. */
  meter?: CostMeter | undefined;
  /** Under which name `meter` counts it. Default `""`. */
  tag?: string | ((input: I, index: number) => string) | undefined;
  /** Told when an input is taken, and when it is settled. If it throws, the batch ends with that. */
  onProgress?: ((progress: BatchProgress) => void | Promise<void>) | undefined;
  /**
   * What happens to what runs when reading the inputs fails: it is finished, or canceled. Either way
   * its results come first, and then the loop throws. Default `"finish"`.
   */
  onInputsError?: "finish" | "cancel" | undefined;
}
