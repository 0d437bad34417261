/** Batches: a span for each input, under one for all of them. */

import type { Ref } from "../base/ref.ts";
import type { BatchInputs, BatchOptions, BatchResult, BatchResults } from "../batch/types.ts";
import type { ConfiguredSend } from "../http/send.ts";
import type { Send } from "../http/types.ts";
import { type ItemObserver, OBSERVE, type ObservedOptions } from "../run/observed.ts";
import type { TraceClient } from "./client.ts";
import { handedOn, listening } from "./listening.ts";
import { RunSpan, type Subject, subjectOf } from "./run_span.ts";
import type { TraceOptions } from "./types.ts";

type Iterator = AsyncIterator<BatchResult, undefined>;

/** Runs a batch. Its span begins with the first result that is asked for, as the batch does. */
export function batchTraced(
  client: TraceClient,
  options: TraceOptions,
  ref: Ref,
  inputs: BatchInputs,
  given: BatchOptions | undefined,
): BatchResults {
  const subject = subjectOf(client, ref, given);
  const observe = (send: Send, input: object): ItemObserver => {
    const span = RunSpan.start(options, subject, (it) => it);
    span.input(input);
    const { webhook } = given ?? {};
    return {
      send: listening(send as ConfiguredSend, span.step),
      options: handedOn({ webhook }, span),
      end: (job) => span.end(job),
      fail: (error, job) => span.fail(error, job),
    };
  };
  const batchOptions: BatchOptions & ObservedOptions = { ...given, [OBSERVE]: observe };
  const results = client.batch(ref, inputs, batchOptions);
  const iterate = results[Symbol.asyncIterator];
  const spanned = (): Iterator =>
    spannedResults(options, subject, iterate.call(results) as Iterator);
  // Every other form of the results reads them through this one.
  return Object.defineProperty(results, Symbol.asyncIterator, { value: spanned });
}

function spannedResults(options: TraceOptions, subject: Subject, inner: Iterator): Iterator {
  let run: RunSpan | undefined;
  let during: ReturnType<typeof here>;
  let [done, failed] = [0, 0];
  return {
    async next(): ReturnType<Iterator["next"]> {
      run ??= RunSpan.start(options, { ...subject, operation: "batch" }, (span) => {
        during = here();
        return span;
      });
      try {
        const result = await during(() => inner.next());
        if (result.done) run.end(undefined);
        else {
          done++;
          if (result.value.status === "rejected") failed++;
          run.span.setAttributes({
            "replicate.batch.done": done,
            "replicate.batch.failed": failed,
          });
        }
        return result;
      } catch (error) {
        run.fail(error);
        throw error;
      }
    },
    async return(): ReturnType<Iterator["next"]> {
      const end = await inner.return!();
      run?.end(undefined);
      return end;
    },
  };
}

/**
 * A function that runs work with the span that is active here, whoever calls it: an `await` keeps it, and so
 * does whatever the work begins. The API's own way needs its `context`, which not every program gives.
 */
function here(): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let wake = (): void => {};
  const loop = async (): Promise<void> => {
    for (;;) {
      for (const work of waiting.splice(0)) work();
      await new Promise<void>((resolve) => wake = resolve);
    }
  };
  loop();
  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push(() => work().then(resolve, reject));
      wake();
    });
}
