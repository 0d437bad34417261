import { ReplicateError } from "../errors.ts";
import { readable } from "../words.ts";
import { type BatchShared, settleInput } from "./batch_item.ts";
import { BatchPace } from "./batch_pace.ts";
import { type BatchInputs, type BatchPlan, batchPlan } from "./batch_plan.ts";
import type { BatchOptions, BatchResult } from "./batch_types.ts";
import type { RunContext } from "./create.ts";
import type { InputOf, Ref } from "./ref.ts";

export type { BatchInputs } from "./batch_plan.ts";
export type { BatchOptions, BatchProgress, BatchResult, BatchStore } from "./batch_types.ts";

/** Runs a model for each input. Nothing happens before the first result is asked for. */
export function batch<R extends Ref>(
  context: RunContext,
  ref: R,
  inputs: BatchInputs<InputOf<R>>,
  options: BatchOptions<R> = {},
): AsyncIterable<BatchResult<R>> {
  const plan = batchPlan(context, ref, inputs, options);
  let used = false;
  return {
    [Symbol.asyncIterator](): AsyncIterator<BatchResult<R>, undefined> {
      if (used) throw new TypeError("Cannot run a batch twice: call batch() once more");
      used = true;
      return new Batch(plan);
    },
  };
}

interface Taker<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(reason: unknown): void;
}

/** One walk over the inputs: reads, runs, and hands over. */
class Batch<R extends Ref> implements AsyncIterator<BatchResult<R>, undefined> {
  readonly #plan: BatchPlan<R>;
  readonly #shared: BatchShared<R>;
  readonly #controller = new AbortController();
  /** One for each input: Node takes more than 10 listeners on one signal for a leak. */
  readonly #controllers = new Set<AbortController>();
  readonly #onAbort = (): void => this.#end({ error: this.#plan.options.signal?.reason });
  readonly #pace: BatchPace;
  readonly #ready = new Map<number, BatchResult<R>>();
  readonly #takers: Taker<BatchResult<R>>[] = [];
  #source: AsyncIterator<InputOf<R>> | Iterator<InputOf<R>> | undefined;
  #started = false;
  #reading = false;
  /** Nothing more is read. */
  #closed = false;
  /** Nothing more is handed over. */
  #over = false;
  /** What is thrown once everything was handed over. */
  #failure: { error: unknown } | undefined;
  /** What is thrown by the next call, if nobody waited when it happened. */
  #thrown: { error: unknown } | undefined;
  #drained = false;
  #closing: Promise<unknown> | undefined;
  #read = 0;
  #taken = 0;

  constructor(plan: BatchPlan<R>) {
    this.#plan = plan;
    this.#pace = new BatchPace(sizeOf(plan.inputs));
    this.#shared = plan.share(this.#controller.signal, (error) => this.#broken(error));
  }

  next(): Promise<IteratorResult<BatchResult<R>, undefined>> {
    return new Promise((resolve, reject) => {
      this.#takers.push({ resolve, reject });
      if (this.#over) this.#dismiss();
      else if (this.#started) this.#go();
      else this.#start();
    });
  }

  async return(): Promise<IteratorResult<BatchResult<R>, undefined>> {
    this.#thrown = undefined;
    this.#end();
    // A generator that is at work would answer only after that.
    if (!this.#reading) await this.#closing;
    return { done: true, value: undefined };
  }

  #start(): void {
    const { inputs, options: { signal } } = this.#plan;
    this.#started = true;
    if (signal?.aborted) return this.#onAbort();
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    try {
      this.#source = open(inputs);
    } catch (error) {
      this.#inputsFailed(error);
    }
    this.#go();
  }

  /** Reads what may be read, and hands over what is there. */
  #go(): void {
    this.#fill();
    while (this.#takers.length > 0 && !this.#over) {
      const result = this.#nextReady();
      if (!result) break;
      this.#taken++;
      this.#takers.shift()?.resolve({ done: false, value: result });
      this.#fill();
    }
    if (this.#closed && !this.#reading && this.#taken === this.#read) this.#end(this.#failure);
  }

  #nextReady(): BatchResult<R> | undefined {
    const [first] = this.#ready.keys();
    const index = this.#plan.options.ordered ? this.#taken : first;
    const result = index === undefined ? undefined : this.#ready.get(index);
    if (result) this.#ready.delete(result.index);
    return result;
  }

  #fill(): void {
    while (
      !this.#reading && !this.#closed && this.#read - this.#taken < this.#plan.concurrency
    ) {
      try {
        const step = this.#source?.next();
        if (step && "then" in step) this.#await(step);
        else this.#take(step);
      } catch (error) {
        this.#inputsFailed(error);
      }
    }
  }

  #await(step: Promise<IteratorResult<InputOf<R>>>): void {
    this.#reading = true;
    step.then((step) => {
      this.#reading = false;
      this.#take(step);
    }).catch((error) => {
      this.#reading = false;
      this.#inputsFailed(error);
    }).then(() => this.#go());
  }

  #take(step: IteratorResult<InputOf<R>> | undefined): void {
    if (this.#closed) return;
    if (step && !step.done) return void this.#settle(step.value, this.#read++);
    this.#drained = this.#closed = true;
  }

  async #settle(input: InputOf<R>, index: number): Promise<void> {
    this.#pace.started();
    this.#report();
    if (this.#over) return;
    const controller = new AbortController();
    this.#controllers.add(controller);
    const { signal } = controller;
    const { result, ran } = await settleInput(this.#shared, input, index, signal);
    this.#controllers.delete(controller);
    this.#pace.settled({ failed: result.status === "rejected", ran });
    if (this.#over) return;
    this.#ready.set(index, result);
    this.#report();
    this.#go();
  }

  #inputsFailed(cause: unknown): void {
    const { onInputsError } = this.#plan.options;
    const error = new ReplicateError(
      `Cannot go on with the batch: input ${this.#read} could not be read: ${readable(cause)}`,
      { cause },
    );
    this.#failure ??= { error };
    this.#drained = this.#closed = true;
    if (onInputsError === "cancel") this.#cancel(error);
  }

  #broken(cause: unknown): void {
    const error = new ReplicateError(
      `Cannot go on with the batch: the store failed: ${readable(cause)}`,
      { cause },
    );
    this.#failure ??= { error };
    this.#closed = true;
  }

  #report(): void {
    const { onProgress } = this.#plan.options;
    if (!onProgress || this.#over) return;
    try {
      const told = onProgress(this.#pace.progress());
      if (told) told.catch((error) => this.#end({ error }));
    } catch (error) {
      this.#end({ error });
    }
  }

  #cancel(reason: unknown): void {
    this.#controller.abort(reason);
    for (const controller of this.#controllers) controller.abort(reason);
  }

  /** Ends it now: what runs is canceled, who waits is answered. */
  #end(thrown?: { error: unknown }): void {
    if (this.#over) return;
    this.#over = this.#closed = true;
    this.#thrown = thrown;
    this.#plan.options.signal?.removeEventListener("abort", this.#onAbort);
    this.#cancel(thrown?.error);
    this.#ready.clear();
    if (!this.#drained) this.#closing = closed(this.#source);
    this.#closing?.catch(() => {});
    this.#dismiss();
  }

  /** Answers who waits when it is over: the first one gets the error, if there is one. */
  #dismiss(): void {
    for (const { resolve, reject } of this.#takers.splice(0)) {
      if (this.#thrown) reject(this.#thrown.error);
      else resolve({ done: true, value: undefined });
      this.#thrown = undefined;
    }
  }
}

async function closed(
  source: AsyncIterator<unknown> | Iterator<unknown> | undefined,
): Promise<void> {
  await source?.return?.();
}

function open<T>(inputs: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in inputs
    ? inputs[Symbol.asyncIterator]()
    : inputs[Symbol.iterator]();
}

function sizeOf(inputs: unknown): number | undefined {
  const { length, size } = inputs as { length?: unknown; size?: unknown };
  return [length, size].find((count) => typeof count === "number");
}
