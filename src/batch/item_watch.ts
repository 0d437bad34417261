/** The `Send` of one input of a batch: it notes and counts what it sees of the input's predictions. */

import { unlessAborted } from "../base/async.ts";
import { isTerminal } from "../base/job.ts";
import { bodySentOnce } from "../base/runtime.ts";
import { fateOf } from "../http/retry.ts";
import type { RequestSpec, Send } from "../http/types.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { CostEntry, CostMeter, CostSubject } from "./cost.ts";
import type { ItemRecord } from "./item_record.ts";

/** Watches the requests for one input: its predictions go to the record and to the meter. */
export class ItemWatch {
  /** The prediction as it was last seen. */
  prediction: Prediction | undefined;
  readonly #send: Send;
  readonly #record: ItemRecord;
  readonly #meter: CostMeter | undefined;
  readonly #subject: CostSubject;
  #charge: CostEntry | undefined;

  /** Sends nothing by itself. */
  constructor(
    send: Send,
    record: ItemRecord,
    meter: CostMeter | undefined,
    subject: CostSubject,
  ) {
    this.#send = send;
    this.#record = record;
    this.#meter = meter;
    this.#subject = subject;
  }

  /** Sends requests for the input. Predictions are made by `create`: by default, on the server. */
  sendWith(create: (spec: RequestSpec) => Promise<Prediction> = (it) => this.#create(it)): Send {
    const watched = async <T>(spec: RequestSpec): Promise<T> => {
      const answer = await (spec.bucket === "create" ? create(spec) : this.#send<T>(spec));
      // A store that does not answer must not keep the cancel back.
      if (isJob(answer)) await unlessAborted(this.#saw(answer), spec.options?.signal);
      return answer as T;
    };
    const send = this.#send;
    return Object.defineProperties(watched, {
      options: { get: () => send.options },
      parts: { value: send.parts },
    });
  }

  /** The input is settled: a run whose end was not seen counts as one of unknown cost. */
  close(): void {
    this.#charge?.end();
  }

  /** Creates a prediction: with a note before it, and not where the budget forbids it. */
  async #create({ json, onAnswer, ...spec }: RequestSpec): Promise<Prediction> {
    const record = this.#record;
    const before = record.value;
    const charge = this.#charge = this.#meter?.begin(this.#subject);
    let isSent = false;
    try {
      return await this.#send({
        ...spec,
        headers: { "content-type": "application/json", ...spec.headers },
        // A function is called at the last moment: when the limiter has let the request go.
        body: async () => {
          await record.intend(before);
          spec.options?.signal?.throwIfAborted();
          isSent = true;
          return bodySentOnce(JSON.stringify(json));
        },
        onAnswer: (answer) => {
          onAnswer?.(answer);
          // Also when the caller has left by now: the store has to know of it.
          this.#saw(answer as Prediction).catch(() => {});
        },
      });
    } catch (error) {
      if (!isSent || /^(?:not accepted|refused)$/.test(fateOf(error))) {
        charge?.drop();
        await record.restore(before);
      }
      throw error;
    }
  }

  async #saw(job: Prediction): Promise<void> {
    this.prediction = job;
    if (isTerminal(job)) {
      if (this.#charge) this.#charge.end(job);
      else this.#meter?.add(job, this.#subject);
    }
    await this.#record.saw(job);
  }
}

/** True for a record of a job. A response has a status too, which is a number. */
function isJob(answer: unknown): answer is Prediction {
  return typeof (answer as Partial<Prediction> | undefined)?.status === "string";
}
