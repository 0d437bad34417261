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

/** Watches the requests for one input: its predictions go to the record. */
export class ItemWatch {
  /** The prediction as it was last seen. */
  prediction: Prediction | undefined;
  readonly #send: Send;
  readonly #record: ItemRecord;
  readonly #cost: ItemCost;

  /** Sends nothing by itself. */
  constructor(send: Send, record: ItemRecord, cost: ItemCost) {
    this.#send = send;
    this.#record = record;
    this.#cost = cost;
  }

  /**
   * Sends requests for the input. Predictions are made on the server, unless `found` gives what there is
   * already: that is not paid for again, and the meter only hears of its end.
   */
  sendWith(found?: (spec: RequestSpec) => Promise<Prediction>): Send {
    const { meter, ref, tag } = this.#cost;
    const send = this.#send;
    const saw = async (job: Prediction): Promise<void> => {
      if (found && isTerminal(job)) await meter?.record(job, { ref, tag });
      await this.#saw(job);
    };
    const watched = async <T>(spec: RequestSpec): Promise<T> => {
      const answer = await (spec.bucket !== "create" ? send<T>(spec) : (found ?? create)(spec));
      // A store that does not answer must not keep the cancel back.
      if (isJob(answer)) await unlessAborted(saw(answer), spec.options?.signal);
      return answer as T;
    };
    const create = (spec: RequestSpec): Promise<Prediction> => this.#create(spec);
    // The meter is told of what was found, and has nothing to set aside for it.
    return wrapped(send, watched, found && { meter: undefined });
  }

  /** Creates a prediction, with a note before it. */
  async #create({ onAnswer, onSend, ...spec }: RequestSpec): Promise<Prediction> {
    const record = this.#record;
    const before = record.value;
    let isSent = false;
    try {
      return await this.#send({
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
          this.#saw(answer as Prediction).catch(() => {});
        },
      });
    } catch (error) {
      if (!isSent || /^(?:not accepted|refused)$/.test(fateOf(error))) {
        await record.restore(before);
      }
      throw error;
    }
  }

  async #saw(job: Prediction): Promise<void> {
    this.prediction = job;
    await this.#record.saw(job);
  }
}

/** True for a record of a job. A response has a status too, which is a number. */
function isJob(answer: unknown): answer is Prediction {
  return typeof (answer as Partial<Prediction> | undefined)?.status === "string";
}
