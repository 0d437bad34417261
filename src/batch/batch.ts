/** `batch()`: one walk over many inputs, some of which run at a time. */

import { onAbort } from "../base/async.ts";
import { readable } from "../base/text.ts";
import { ReplicateError } from "../errors.ts";
import { tracer } from "../http/stack.ts";
import type { InputOf, Ref } from "../run/ref.ts";
import type { RunContext } from "../run/create.ts";
import { type BatchItem, settleInput } from "./item.ts";
import { type BatchPlan, batchPlan } from "./plan.ts";
import type { BatchInputs, BatchOptions, BatchResult, BatchResults } from "./types.ts";

/** Runs a model for each input. Nothing happens before the first result is asked for. */
export function batch<R extends Ref>(
  context: RunContext,
  ref: R,
  inputs: BatchInputs<InputOf<R>>,
  options: BatchOptions<R> = {},
): BatchResults<R> {
  const walk = new Batch(context, ref, inputs, options, tracer(batch));
  let used = false;
  let everything: Promise<BatchResult<R>[]> | undefined;
  const results: BatchResults<R> = {
    [Symbol.asyncIterator](): AsyncIterator<BatchResult<R>, undefined> {
      if (used) throw new TypeError("Cannot run a batch twice: call batch() once more");
      used = true;
      return walk;
    },
    all: () => everything ??= collect(results),
    then: (onFulfilled, onRejected) => results.all().then(onFulfilled, onRejected),
  };
  return results;
}

/** Every result, in the order of the inputs. */
async function collect<R extends Ref>(
  results: AsyncIterable<BatchResult<R>>,
): Promise<BatchResult<R>[]> {
  const all: BatchResult<R>[] = [];
  for await (const result of results) all.push(result);
  return all.sort((a, b) => a.index - b.index);
}

/** One walk over the inputs: reads, runs, and hands over. */
class Batch<R extends Ref> implements AsyncIterator<BatchResult<R>, undefined> {
  readonly #plan: BatchPlan<R>;
  /** The first of the inputs that are equal, by key, with `dedupe`. */
  readonly #firsts = new Map<string, BatchItem<R>>();
  /** The results, by the turn in which they are handed over. */
  readonly #ready = new Map<number, BatchResult<R>>();
  readonly #results = this.#handOver();
  /** Gives an error the stack of the call of `batch`. */
  readonly #trace: (error: unknown) => void;
  #source: AsyncIterator<InputOf<R>> | Iterator<InputOf<R>> | undefined;
  #reading = false;
  /** Nothing more is read. */
  #closed = false;
  /** Nothing more is handed over. */
  #over = false;
  /** The error that is thrown at the end. */
  #failure: { error: unknown } | undefined;
  #closing: Promise<void> | undefined;
  #read = 0;
  #taken = 0;
  #wake = (): void => {};
  #unlisten = (): void => {};

  constructor(
    context: RunContext,
    ref: R,
    inputs: BatchInputs<InputOf<R>>,
    options: BatchOptions<R>,
    trace: (error: unknown) => void,
  ) {
    this.#trace = trace;
    const broken = (error: unknown): void => this.#stop("the store failed", error);
    this.#plan = batchPlan(context, ref, inputs, options, broken);
  }

  next(): Promise<IteratorResult<BatchResult<R>, undefined>> {
    return this.#results.next();
  }

  async return(): Promise<IteratorResult<BatchResult<R>, undefined>> {
    this.#failure = undefined;
    this.#end();
    // A generator that is at work would answer only after that.
    if (!this.#reading) await this.#closing;
    return await this.#results.return(undefined);
  }

  /** The results, and the error at the end, if there is one. */
  async *#handOver(): AsyncGenerator<BatchResult<R>, undefined> {
    const { signal } = this.#plan;
    this.#unlisten = onAbort(signal, () => this.#end({ error: signal?.reason }));
    while (!this.#over) {
      this.#fill();
      const result = this.#ready.get(this.#taken);
      if (result) {
        this.#ready.delete(this.#taken++);
        this.#fill();
        yield result;
      } else if (this.#closed && !this.#reading && this.#taken === this.#read) {
        this.#end(this.#failure);
      } else if (!this.#over) {
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    }
    if (this.#failure) throw this.#failure.error;
  }

  /** Reads as far ahead as it may. */
  async #fill(): Promise<void> {
    if (this.#reading) return;
    const { inputs, controller, options: { concurrency, onInputsError } } = this.#plan;
    this.#reading = true;
    try {
      while (!this.#closed && this.#read - this.#taken < concurrency) {
        const step = (this.#source ??= open(inputs)).next();
        const { done, value } = "then" in step ? await step : step;
        if (done) {
          this.#closed = true;
          this.#source = undefined;
        } else if (!this.#closed) {
          this.#settle(value, this.#read++);
        }
      }
    } catch (error) {
      this.#source = undefined;
      this.#stop(`input ${this.#read} could not be read`, error);
      if (onInputsError === "cancel") controller.abort(this.#failure?.error);
    }
    this.#reading = false;
    this.#wake();
  }

  async #settle(input: InputOf<R>, index: number): Promise<void> {
    this.#report();
    if (this.#over) return;
    const result = await settleInput(this.#plan, this.#firsts, input, index);
    const turn = this.#plan.pace.settled(result.status);
    if (this.#over) return;
    if (result.status === "rejected") this.#trace(result.reason);
    this.#ready.set(this.#plan.options.ordered ? index : turn, result);
    this.#report();
    this.#wake();
  }

  async #report(): Promise<void> {
    const { onProgress } = this.#plan.options;
    try {
      if (!this.#over) await onProgress?.(this.#plan.pace.progress(this.#read));
    } catch (error) {
      this.#end({ error });
    }
  }

  /** Nothing more is read. The batch throws once everything that runs was handed over. */
  #stop(why: string, cause: unknown): void {
    if (this.#over) return;
    const message = `Cannot go on with the batch: ${why}: ${readable(cause)}`;
    this.#failure ??= { error: new ReplicateError(message, { cause }) };
    this.#closed = true;
  }

  /** Ends the batch now: its runs are canceled, and a waiting caller is answered. */
  #end(failure?: { error: unknown }): void {
    if (this.#over) return;
    this.#over = this.#closed = true;
    this.#failure = failure;
    this.#unlisten();
    this.#plan.controller.abort(failure?.error);
    this.#ready.clear();
    this.#closing = this.#close();
    this.#closing.catch(() => {});
    this.#wake();
  }

  async #close(): Promise<void> {
    try {
      await this.#source?.return?.();
    } catch (error) {
      // A generator cannot be closed from within: it has ended the batch, and is left where it is.
      if (!this.#reading) throw error;
    }
  }
}

function open<T>(inputs: BatchInputs<T & object>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in inputs
    ? inputs[Symbol.asyncIterator]()
    : inputs[Symbol.iterator]();
}
