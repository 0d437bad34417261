/** The record that a store keeps of one input of a batch, as the input's run changes it. */

import { unlessAborted } from "../base/async.ts";
import { isTerminal } from "../base/job.ts";
import type { Meter } from "../base/meter.ts";
import type { Ref } from "../base/ref.ts";
import { fateOf } from "../http/retry.ts";
import type { RequestSpec, Send } from "../http/types.ts";
import { wrapped } from "../http/wrapped.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { BatchRecord, KeptFiles, Ledger } from "./ledger.ts";

/** The meter of an input, and the facts that it counts it by. */
export interface ItemCost {
  readonly meter: Meter | undefined;
  readonly ref: Ref;
  readonly tag: string | undefined;
}

/** The record of one input. Without a ledger nothing is kept, and nothing is known from before. */
export interface ItemRecord {
  /** The record as it was last read or written. */
  value: BatchRecord | undefined;
  /** The prediction as it was last seen. */
  prediction: Prediction | undefined;
  /** Reads the record. */
  read(): Promise<BatchRecord | undefined>;
  /** The id of the prediction that was created, or may have been, if there is one. */
  find(input: object): Promise<string | undefined>;
  /** One more file of the output was kept by a sink. */
  keep(stored: KeptFiles): Promise<void>;
  /**
   * Makes the `Send` of the input, which notes what it sees of the input's predictions. They are made on the
   * server, unless `found` gives what there is already: that is not paid for again, and the meter only
   * hears of its end.
   */
  watch(
    send: Send,
    cost: ItemCost,
    found?: (spec: RequestSpec) => Promise<Prediction>,
  ): Send;
}

/**
 * Makes the record of an input. Reads nothing yet.
 *
 * @param key The key of the input.
 * @param broken Called when the store does not take the record of something that is paid for.
 */
export function itemRecord(
  ledger: Ledger | undefined,
  key: string,
  broken: (error: unknown) => void,
): ItemRecord {
  const write = async (value: BatchRecord | undefined): Promise<void> => {
    record.value = value;
    await ledger?.write(key, value);
  };

  /** A run that is paid for is not given up because it cannot be noted; but nothing more is begun. */
  const keep = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      broken(error);
    }
  };

  /** A create is about to be sent: the one after those of `before`. */
  const intend = async (before: BatchRecord | undefined): Promise<void> => {
    if (!ledger) return;
    const { create, failed } = before ?? { create: 0, failed: 0 };
    await write({ state: "intent", create: create + 1, failed, ...ledger.moment() });
  };

  /** A prediction that was canceled has not ended: it is run again when the batch is. */
  const note = async (job: Prediction): Promise<void> => {
    const { value } = record;
    if (!value || value.state === "ended") return;
    const { create, failed, state } = value;
    // The query of a webhook is often a secret, by which its receiver knows who sends it.
    const { input: _, logs: __, urls: ___, webhook: ____, ...prediction } = job;
    const { id, status } = prediction;
    if (state === "intent") await ledger?.own(id, { key, create });
    if (status === "succeeded" || status === "failed") {
      const failures = status === "failed" ? failed + 1 : failed;
      await write({ ...value, state: "ended", failed: failures, prediction });
    } else if (state === "intent") {
      await write({ ...value, state: "created", id });
    }
  };

  const record: ItemRecord = {
    value: undefined,
    prediction: undefined,
    read: async () => record.value = await ledger?.read(key),
    find: async (input) => {
      const { value } = record;
      if (value?.state === "created") return value.id;
      return value?.state === "intent" ? await ledger?.find(key, value, input) : undefined;
    },
    keep: async (stored) => {
      const { value } = record;
      if (value?.state === "ended") await keep(write({ ...value, stored }));
    },
    watch: (send, { meter, ...cost }, found) => {
      const saw = async (job: Prediction): Promise<void> => {
        if (found && isTerminal(job)) await meter?.record(job, cost);
        record.prediction = job;
        await keep(note(job));
      };

      /** Creates a prediction, with a note before it. */
      const create = async ({ onAnswer, onSend, ...spec }: RequestSpec): Promise<Prediction> => {
        const before = record.value;
        let isSent = false;
        try {
          return await send({
            ...spec,
            onSend: async () => {
              await intend(before);
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
          const isLost = isSent && !/^(not accepted|refused)$/.test(fateOf(error));
          // It came to nothing: the record is again the one of before.
          if (!isLost && record.value !== before) await keep(write(before));
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
    },
  };
  return record;
}

/** True for a record of a job. A response has a status too, which is a number. */
function isJob(answer: unknown): answer is Prediction {
  return typeof (answer as Partial<Prediction> | undefined)?.status === "string";
}
