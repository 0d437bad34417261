/** The record that a store keeps of one input of a batch, as the input's run changes it. */

import { ReplicateError } from "../errors.ts";
import type { ClientOptions } from "../http/options.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { BatchRecord, KeptFiles, KeptPrediction, Ledger } from "./ledger.ts";

/** The record of one input. Without a ledger nothing is kept, and nothing is known from before. */
export class ItemRecord {
  /** The record as it was last read or written. */
  value: BatchRecord | undefined;
  readonly #ledger: Ledger | undefined;
  readonly #key: string;
  readonly #broken: (error: unknown) => void;

  /**
   * Reads nothing yet.
   *
   * @param key The key of the input.
   * @param broken Called when the store does not take the record of something that is paid for.
   */
  constructor(ledger: Ledger | undefined, key: string, broken: (error: unknown) => void) {
    this.#ledger = ledger;
    this.#key = key;
    this.#broken = broken;
  }

  /** The number of predictions for this input that have failed so far. */
  get failed(): number {
    return this.value?.failed ?? 0;
  }

  /** The places of the files of its output, as far as a sink has kept them. */
  get stored(): KeptFiles | undefined {
    return this.value?.state === "ended" ? this.value.stored : undefined;
  }

  /** Reads the record. */
  async read(): Promise<BatchRecord | undefined> {
    return this.value = await this.#ledger?.read(this.#key);
  }

  /** The id of the prediction that was created, or may have been, if there is one. */
  async find(input: object): Promise<string | undefined> {
    const record = this.value;
    if (!record || record.state === "ended") return undefined;
    if (record.state === "created") return record.id;
    return await this.#ledger?.find(this.#key, record, input);
  }

  /** A create is about to be sent: the one after those of `before`. */
  async intend(before: BatchRecord | undefined): Promise<void> {
    if (!this.#ledger) return;
    const { create, failed } = before ?? { create: 0, failed: 0 };
    await this.#write({
      state: "intent",
      create: create + 1,
      failed,
      ...this.#ledger.moment(),
    });
  }

  /** The create came to nothing: the record is again the one of before. */
  async restore(before: BatchRecord | undefined): Promise<void> {
    if (this.value !== before) await this.#keep(() => this.#write(before));
  }

  /** A prediction of this input was seen. */
  async saw(job: Prediction): Promise<void> {
    await this.#keep(() => this.#note(job));
  }

  /** One more file of the output was kept by a sink. */
  async keep(stored: KeptFiles): Promise<void> {
    const record = this.value;
    if (record?.state === "ended") await this.#keep(() => this.#write({ ...record, stored }));
  }

  /** The prediction of an input that had ended before, without the data that were not kept. */
  ended(
    { id, ...kept }: KeptPrediction,
    input: object,
    options: Readonly<ClientOptions> | undefined,
  ): Prediction {
    const get = `${options?.baseUrl ?? ""}/predictions/${id}`;
    return { id, ...kept, input, logs: null, urls: { get, cancel: `${get}/cancel` } } as Prediction;
  }

  /** The error for a prediction that is known, and whose output is gone. */
  gone(id: string): ReplicateError {
    return new ReplicateError(
      `Cannot give the output of prediction ${id}: it ended before the restart, and the server has ` +
        `deleted its data; to run it anew, delete "batch ${this.#key}" from the store`,
    );
  }

  /** A prediction that was canceled has not ended: it is run again when the batch is. */
  async #note(job: Prediction): Promise<void> {
    const record = this.value;
    if (!record || record.state === "ended") return;
    const { create, failed, state } = record;
    // The query of a webhook is often a secret, by which its receiver knows who sends it.
    const { input: _, logs: __, urls: ___, webhook: ____, ...prediction } = job;
    const { id, status } = prediction;
    if (state === "intent") await this.#ledger?.own(id, { key: this.#key, create });
    if (status === "succeeded" || status === "failed") {
      const failures = status === "failed" ? failed + 1 : failed;
      await this.#write({ ...record, state: "ended", failed: failures, prediction });
    } else if (state === "intent") {
      await this.#write({ ...record, state: "created", id });
    }
  }

  async #write(record: BatchRecord | undefined): Promise<void> {
    this.value = record;
    await this.#ledger?.write(this.#key, record);
  }

  /** A run that is paid for is not given up because it cannot be noted; but nothing more is begun. */
  async #keep(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#broken(error);
    }
  }
}
