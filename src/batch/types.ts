/** The types of a batch: its inputs, options, progress and results. */

import type { Duration } from "../base/duration.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { InputOf, OutputOf, Ref } from "../run/ref.ts";
import type { RunOptions } from "../run/options.ts";
import type { OutputViews } from "../run/views.ts";

/** The inputs of a batch: a list, or any iterable that makes them one by one. */
export type BatchInputs<I extends object = object> = Iterable<I> | AsyncIterable<I>;

/**
 * The result for one input of a batch. It has the views of a run: `text()`, `json()`, `file()` and
 * `files()`, each of which rejects with the `reason` of an input that was rejected.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = (input: { n?: unknown }) => Number(input.n) ** 2;
 * await using fake = new FakeReplicate({ models: { "acme/square": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const squares: unknown[] = [];
 * const inputs = [{ n: 1 }, { n: 2 }, { n: 3 }];
 * for await (const result of client.batch("acme/square", inputs, { ordered: true })) {
 *   if (result.status === "fulfilled") squares.push(result.value);
 *   else console.error(`Input ${result.index} failed:`, result.reason);
 * }
 * assertEquals(squares, [1, 4, 9]);
 * assertEquals(await (await client.batch("acme/square", [{ n: 4 }]))[0]?.json(), 16);
 * ```
 */
export type BatchResult<R extends Ref = Ref, I = InputOf<R>> =
  & OutputViews
  & BatchOutcome<R, I>;

/** The outcome of one input, told apart by `status`. */
export type BatchOutcome<R extends Ref = Ref, I = InputOf<R>> =
  | {
    /** The position of the input, from 0. */
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
    /** The error that `run` would have thrown. */
    reason: unknown;
    /** The prediction as it was last seen, if there was one. */
    prediction: Prediction | undefined;
  };

/**
 * The results of a batch, as they come: for a `for await` loop, once. `await` gives all of them, as `all()`
 * does.
 */
export interface BatchResults<R extends Ref = Ref, I = InputOf<R>>
  extends AsyncIterable<BatchResult<R, I>>, PromiseLike<BatchResult<R, I>[]> {
  /** Runs the batch to its end, and gives every result, in the order of the inputs. */
  all(): Promise<BatchResult<R, I>[]>;
}

/** The progress of a batch. */
export interface BatchProgress {
  /** The inputs that are settled, those that failed included. */
  done: number;
  /** The inputs that were rejected. */
  failed: number;
  /** The inputs that run, or wait for the rate limit. */
  running: number;
  /** The number of inputs; `undefined` where that is not known before the last one is read. */
  total: number | undefined;
  /** The inputs settled per second, of late. Those that came from the store do not count. */
  rate: number;
  /** The milliseconds that are left at this rate; `undefined` where `total` or `rate` is not known. */
  etaMs: number | undefined;
}

/**
 * A store for the records of a batch. Keys are text of at most 80 characters, values are JSON. Each
 * method may return a promise. A `Map` is a store; others are in `@x/replicate/stores`.
 */
export interface BatchStore {
  /** The value, or a promise of it; `undefined` or `null` if there is none. */
  get(key: string): unknown;
  /** Sets a value. Once its promise resolves, the value must survive the process. */
  set(key: string, value: unknown): unknown;
  /** Deletes a value, if it is there. */
  delete(key: string): unknown;
}

/**
 * A store for the amounts of a meter, which may be shared by several processes. Keys are text of at most
 * 80 characters, values are JSON. Each method may return a promise.
 */
export interface CostStore {
  /** The value, or a promise of it; `undefined` or `null` if there is none. */
  get(key: string): unknown;
  /**
   * Sets the value that `change` makes of the present one, which is `undefined` or `null` at first. No other
   * change may come in between, so `change` is called again where one did. If it returns the very value
   * that it got, nothing needs to be written; if it throws, nothing is, and the error is passed on.
   */
  update(key: string, change: (value: unknown) => unknown): unknown;
}

/**
 * The options of `batch`. Those of {@linkcode RunOptions} hold for each input by itself: `timeout`, say,
 * counts from the moment when its input is taken, and includes the wait for the rate limit.
 */
export interface BatchOptions<R extends Ref = Ref, I = InputOf<R>>
  extends Omit<RunOptions<R>, "input" | "onProgress" | "settle" | "tag"> {
  /**
   * The way to wait. Default `false`: the server answers a create at once. A number of seconds in which
   * most of the runs end saves requests; until then a run has no id that could be kept or canceled.
   */
  wait?: RunOptions<R>["wait"];
  /**
   * The time between two polls of a prediction. Default: 40 ms for each of `concurrency`, from 500 ms to
   * 5 s, which leaves others room in the rate limit.
   */
  interval?: Duration | undefined;
  /**
   * The most inputs that are worked on at once. A result that waits to be taken from the loop counts as
   * one, so that a slow consumer slows the batch, and results do not pile up. Default 16.
   */
  concurrency?: number | undefined;
  /** `true` gives the results in the order of the inputs. Default `false`: as they end. */
  ordered?: boolean | undefined;
  /**
   * `true` runs inputs that are equal as JSON once, and gives each the same result. All results are
   * remembered for that until the end. Default `false`.
   */
  dedupe?: boolean | undefined;
  /**
   * Keeps a record of each input, so that the same batch can be started again after a crash: it attaches
   * to jobs that still run, takes those that have ended from the store, and creates nothing twice. One
   * store stands for one batch, in one process at a time.
   */
  store?: BatchStore | undefined;
  /**
   * Makes the key by which `store` and `dedupe` tell an input from others: needed for inputs with files
   * in them. The same key stands for the same input, also after a restart. Default: the input as JSON.
   */
  key?: ((input: I, index: number) => string) | undefined;
  /** The name under which `meter` counts it, for all inputs or by input. Default `""`. */
  tag?: string | ((input: I, index: number) => string) | undefined;
  /** Called when an input is taken, and when it is settled. If it throws, the batch ends with that. */
  onProgress?: ((progress: BatchProgress) => unknown) | undefined;
  /**
   * The fate of the jobs that run when reading the inputs fails: they are finished, or canceled. Either
   * way their results come first, and then the loop throws. Default `"finish"`.
   */
  onInputsError?: "finish" | "cancel" | undefined;
}
