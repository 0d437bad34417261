/** `batch()`: one walk over many inputs, some of which run at a time. */

import { onAbort } from "../base/async.ts";
import { readable } from "../base/text.ts";
import { ReplicateError } from "../errors.ts";
import { tracer } from "../http/stack.ts";
import type { InputOf, Ref } from "../run/ref.ts";
import type { RunContext } from "../run/create.ts";
import { type BatchItem, settleInput } from "./item.ts";
import { batchPlan, type InputIterator } from "./plan.ts";
import type { BatchInputs, BatchOptions, BatchResult, BatchResults } from "./types.ts";

/** Runs a model for each input. Nothing happens before the first result is asked for. */
export function batch<R extends Ref>(
  context: RunContext,
  ref: R,
  inputs: BatchInputs<InputOf<R>>,
  options: BatchOptions<R> = {},
): BatchResults<R> {
  const walk = walkOver(context, ref, inputs, options, tracer(batch));
  let used = false;
  let everything: Promise<BatchResult<R>[]> | undefined;
  const results: BatchResults<R> = {
    [Symbol.asyncIterator](): AsyncIterator<BatchResult<R>, undefined> {
      if (used) throw new TypeError("Cannot run a batch twice: call batch() again");
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

/**
 * One walk over the inputs: reads, runs, and hands over.
 *
 * @param trace Gives an error the stack of the call of `batch`.
 */
function walkOver<R extends Ref>(
  context: RunContext,
  ref: R,
  inputs: BatchInputs<InputOf<R>>,
  options: BatchOptions<R>,
  trace: (error: unknown) => void,
): AsyncIterator<BatchResult<R>, undefined> {
  const plan = batchPlan(context, ref, inputs, options, (error) => stop("the store failed", error));
  const { controller, pace, signal, options: { concurrency, ordered, onInputsError, onProgress } } =
    plan;
  /** The first of the inputs that are equal, by key, with `dedupe`. */
  const firsts = new Map<string, BatchItem<R>>();
  /** The results, by the turn in which they are handed over. */
  const ready = new Map<number, BatchResult<R>>();
  let source: InputIterator<R> | undefined;
  let reading = false;
  /** Nothing more is read. */
  let closed = false;
  /** Nothing more is handed over. */
  let over = false;
  /** The error that is thrown at the end. */
  let failure: { error: unknown } | undefined;
  let closing: Promise<void> | undefined;
  let read = 0;
  let taken = 0;
  let wake = (): void => {};
  let unlisten = (): void => {};

  /** The results, and the error at the end, if there is one. */
  async function* handOver(): AsyncGenerator<BatchResult<R>, undefined> {
    unlisten = onAbort(signal, () => end({ error: signal?.reason }));
    while (!over) {
      fill();
      const result = ready.get(taken);
      if (result) {
        ready.delete(taken++);
        fill();
        yield result;
      } else if (closed && !reading && taken === read) {
        end(failure);
      } else if (!over) {
        await new Promise<void>((resolve) => wake = resolve);
      }
    }
    if (failure) throw failure.error;
  }

  /** Reads as far ahead as it may. */
  async function fill(): Promise<void> {
    if (reading) return;
    reading = true;
    try {
      while (!closed && read - taken < concurrency) {
        const step = (source ??= plan.open()).next();
        const { done, value } = "then" in step ? await step : step;
        if (done) {
          closed = true;
          source = undefined;
        } else if (!closed) {
          settle(value, read++);
        }
      }
    } catch (error) {
      source = undefined;
      stop(`input ${read} could not be read`, error);
      if (onInputsError === "cancel") controller.abort(failure?.error);
    }
    reading = false;
    wake();
  }

  async function settle(input: InputOf<R>, index: number): Promise<void> {
    report();
    if (over) return;
    const result = await settleInput(plan, firsts, input, index);
    const turn = pace.settled(result.status);
    if (over) return;
    if (result.status === "rejected") trace(result.reason);
    ready.set(ordered ? index : turn, result);
    report();
    wake();
  }

  async function report(): Promise<void> {
    try {
      if (!over) await onProgress?.(pace.progress(read));
    } catch (error) {
      end({ error });
    }
  }

  /** Nothing more is read. The batch throws once everything that runs was handed over. */
  function stop(why: string, cause: unknown): void {
    if (over) return;
    const message = `Cannot go on with the batch: ${why}: ${readable(cause)}`;
    failure ??= { error: new ReplicateError(message, { cause }) };
    closed = true;
  }

  /** Ends the batch now: its runs are canceled, and a waiting caller is answered. */
  function end(reason?: { error: unknown }): void {
    if (over) return;
    over = closed = true;
    failure = reason;
    unlisten();
    controller.abort(reason?.error);
    ready.clear();
    closing = close();
    closing.catch(() => {});
    wake();
  }

  async function close(): Promise<void> {
    try {
      await source?.return?.();
    } catch (error) {
      // A generator cannot be closed from within: it has ended the batch, and is left where it is.
      if (!reading) throw error;
    }
  }

  const results = handOver();
  return {
    next: () => results.next(),
    return: async () => {
      failure = undefined;
      end();
      // A generator that is at work would answer only after that.
      if (!reading) await closing;
      return await results.return(undefined);
    },
  };
}
