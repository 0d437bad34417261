/** The `Send` of one input of a batch: it notes what it sees of the input's predictions. */

import { unlessAborted } from "../base/async.ts";
import { isTerminal } from "../base/job.ts";
import type { Meter } from "../base/meter.ts";
import type { Ref } from "../base/ref.ts";
import { fateOf } from "../http/retry.ts";
import type { RequestSpec, Send } from "../http/types.ts";
import { wrapped } from "../http/wrapped.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { ItemRecord } from "./item_record.ts";

/** The meter of an input, and the facts that it counts it by. */
export interface ItemCost {
  readonly meter: Meter | undefined;
  readonly ref: Ref;
  readonly tag: string | undefined;
}

/**
 * Makes the `Send` of an input: its predictions go to the record. They are made on the server, unless
 * `found` gives what there is already: that is not paid for again, and the meter only hears of its end.
 */
export function watchedSend(
  send: Send,
  record: ItemRecord,
  { meter, ref, tag }: ItemCost,
  found?: (spec: RequestSpec) => Promise<Prediction>,
): Send {
  const saw = async (job: Prediction): Promise<void> => {
    if (found && isTerminal(job)) await meter?.record(job, { ref, tag });
    await record.saw(job);
  };
  /** Creates a prediction, with a note before it. */
  const create = async ({ onAnswer, onSend, ...spec }: RequestSpec): Promise<Prediction> => {
    const before = record.value;
    let isSent = false;
    try {
      return await send({
        ...spec,
        onSend: async () => {
          await record.intend(before);
          spec.options?.signal?.throwIfAborted();
          await onSend?.();
          isSent = true;
        },
        onAnswer: (answer) => {
          onAnswer?.(answer);
          // Also when the caller has left by now: the store has to know of it.
          saw(answer as Prediction).catch(() => {});
        },
      });
    } catch (error) {
      if (!isSent || /^(not accepted|refused)$/.test(fateOf(error))) await record.restore(before);
      throw error;
    }
  };
  const watched = async <T>(spec: RequestSpec): Promise<T> => {
    const answer = await (spec.bucket !== "create" ? send<T>(spec) : (found ?? create)(spec));
    // A store that does not answer must not keep the cancel back.
    if (isJob(answer)) await unlessAborted(saw(answer), spec.options?.signal);
    return answer as T;
  };
  // The meter is told of what was found, and has nothing to set aside for it.
  return wrapped(send, watched, found && { meter: undefined });
}

/** True for a record of a job. A response has a status too, which is a number. */
function isJob(answer: unknown): answer is Prediction {
  return typeof (answer as Partial<Prediction> | undefined)?.status === "string";
}
