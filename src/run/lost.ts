/** Creates whose answer was lost: their predictions are looked for among the newest ones. */

import { delay } from "@std/async/delay";
import { turns } from "../base/async.ts";
import { uptime } from "../base/clock.ts";
import { isApiError } from "../errors.ts";
import { fateOf } from "../http/retry.ts";
import type { RequestOptions, RequestSpec, Send } from "../http/types.ts";
import {
  type ListPredictionsOptions,
  type Prediction,
  PredictionsApi,
} from "../resources/predictions.ts";
import { salvaged } from "../resources/salvage.ts";
import { likeness, type SoughtRun, soughtRun } from "./likeness.ts";
import { RecentIds } from "./recent_ids.ts";
import type { ParsedRef } from "./ref.ts";

/** The waits before each look, in milliseconds: a prediction is in the list after some seconds at most. */
const WAITS = [0, 1000, 3000, 9000];
/** The difference allowed between our moment of a create and the server's, in milliseconds. */
const SLACK = 5000;

/** A create that is under way. */
export interface Flight {
  /** The model that it runs. */
  readonly ref: ParsedRef;
  /** The input as it is sent. */
  readonly input: object;
  /** The moment, by the clock of durations. */
  readonly sentAt: number;
}

/** The creates of one client: those that are under way, and the predictions that came of others. */
export class LostCreates {
  /** Creates under way, as they are looked for: made when an answer is lost, and not for every create. */
  readonly #flights = new Map<Flight, SoughtRun | undefined>();
  readonly #known = new RecentIds();
  readonly #inTurn = turns();

  /**
   * Sends a create. If its answer is lost, the prediction is looked for, and the answer is a record of which
   * only the id is known.
   *
   * @param onLostCreate With `"adopt"`, it is looked for also where it may not exist.
   */
  async send(
    send: Send,
    spec: RequestSpec,
    ref: ParsedRef,
    onLostCreate: "throw" | "adopt",
  ): Promise<void> {
    const { signal, ...request } = spec.options ?? {};
    const { input } = spec.json as { input: object };
    const flight = { ref, input, sentAt: uptime() };
    const onAnswer = (answer: unknown): void => {
      this.#known.add((answer as Prediction).id);
      spec.onAnswer?.(answer);
    };
    this.#flights.set(flight, undefined);
    try {
      await send({ ...spec, onAnswer });
    } catch (error) {
      const isLost = (isApiError(error) && error.status < 300) ||
        (onLostCreate === "adopt" && fateOf(error) === "unknown");
      // Who left has the answer's own way to the cancel.
      if (!isLost || signal?.aborted) throw error;
      // One at a time, as two must not find the same; and without the caller's signal, as the prediction of
      // one who leaves meanwhile has to be canceled.
      const found = await this.#inTurn(() => this.#find(send, flight, request))
        .catch(() => undefined);
      if (found === undefined) throw error;
      onAnswer(salvaged(found));
    } finally {
      this.#flights.delete(flight);
    }
  }

  /**
   * The id of the prediction that came of a create: the only one that is the same by its model, its input
   * and its time, and not known to be of another create. `undefined` where there is none, or more than one.
   */
  async #find(
    send: Send,
    flight: Flight,
    request: RequestOptions,
  ): Promise<string | undefined> {
    const sought = this.#soughtOf(flight);
    for (const wait of WAITS) {
      if (wait > 0) await delay(wait);
      const found: string[] = [];
      for (const prediction of await this.#newest(send, flight, request)) {
        const isNew = !this.#known.has(prediction.id);
        if (isNew && likeness(sought, prediction) === "same") found.push(prediction.id);
      }
      // One that is there may be that of an equal create, whose answer has not come yet.
      const [id] = found;
      if (id === undefined || this.#hasTwin(flight, sought)) continue;
      return found.length === 1 ? id : undefined;
    }
    return undefined;
  }

  #soughtOf(flight: Flight): SoughtRun {
    const sought = this.#flights.get(flight) ?? soughtRun(flight.ref, flight.input);
    this.#flights.set(flight, sought);
    return sought;
  }

  #hasTwin(flight: Flight, { text }: SoughtRun): boolean {
    return [...this.#flights.keys()].some((other) =>
      other !== flight && other.ref.label === flight.ref.label &&
      this.#soughtOf(other).text === text
    );
  }

  /** The predictions that were created since then. */
  async #newest(
    send: Send,
    { sentAt }: Flight,
    request: RequestOptions,
  ): Promise<readonly Prediction[]> {
    const newest: Prediction[] = [];
    for await (const prediction of new PredictionsApi(send).list(request)) {
      // By the server's clock, which is known from the list at the latest.
      const now = send.clock?.now() ?? Date.now();
      const earliest = now - (uptime() - sentAt) - SLACK;
      if (Date.parse(prediction.created_at) < earliest) break;
      newest.push(withoutData(prediction));
    }
    return newest;
  }
}

/** Every prediction of a list, oldest first. */
export async function listed(
  send: Send,
  options: ListPredictionsOptions,
): Promise<readonly Prediction[]> {
  const predictions: Prediction[] = [];
  for await (const prediction of new PredictionsApi(send).list(options)) {
    predictions.push(withoutData(prediction));
  }
  return predictions.reverse();
}

/** A prediction without what is large and not looked at. */
function withoutData({ output: _, logs: __, ...prediction }: Prediction): Prediction {
  return prediction as Prediction;
}
