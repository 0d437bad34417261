/** The record that a store keeps of one input of a batch, as the input's run changes it. */

import type { Prediction } from "../resources/predictions.ts";
import type { BatchRecord, KeptFiles, Ledger } from "./ledger.ts";

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
  /** A create is about to be sent: the one after those of `before`. */
  intend(before: BatchRecord | undefined): Promise<void>;
  /** The create came to nothing: the record is again the one of before. */
  restore(before: BatchRecord | undefined): Promise<void>;
  /** A prediction of this input was seen. */
  saw(job: Prediction): Promise<void>;
  /** One more file of the output was kept by a sink. */
  keep(stored: KeptFiles): Promise<void>;
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
    intend: async (before) => {
      if (!ledger) return;
      const { create, failed } = before ?? { create: 0, failed: 0 };
      await write({ state: "intent", create: create + 1, failed, ...ledger.moment() });
    },
    restore: async (before) => {
      if (record.value !== before) await keep(write(before));
    },
    saw: (job) => {
      record.prediction = job;
      return keep(note(job));
    },
    keep: async (stored) => {
      const { value } = record;
      if (value?.state === "ended") await keep(write({ ...value, stored }));
    },
  };
  return record;
}
