/** Creates whose answer was lost: their predictions are looked for among the newest ones. */

import { delay } from "@std/async/delay";
import { turns } from "../base/async.ts";
import { uptime } from "../base/clock.ts";
import { ApiError } from "../errors.ts";
import { fateOf } from "../http/retry.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import {
  type ListPredictionsOptions,
  type Prediction,
  PredictionsApi,
} from "../resources/predictions.ts";
import { likeness, type SoughtRun, soughtRun } from "./likeness.ts";
import { RecentIds } from "./recent_ids.ts";
import type { ParsedRef } from "./ref.ts";

/** The waits before each look, in milliseconds: a prediction is in the list after some seconds at most. */
const WAITS = [0, 1000, 3000, 9000];
/** The difference allowed between our moment of a create and the server's, in milliseconds. */
const SLACK = 5000;

/** Tells whether a create that failed with this error was accepted, although its answer is no use. */
export function wasAccepted(error: unknown): boolean {
  return error instanceof ApiError && error.status < 300;
}

/** Tells whether a create that failed with this error may have been accepted. */
export function maybeAccepted(error: unknown): boolean {
  return wasAccepted(error) || fateOf(error) === "unknown";
}

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
  readonly #flights = new Set<Flight>();
  /** Creates as they are looked for: made when an answer is lost, once each, and not for every create. */
  readonly #sought = new WeakMap<Flight, SoughtRun>();
  readonly #known = new RecentIds();
  readonly #inTurn = turns();

  /** Notes that a create is under way. Call `end` when it is not any more. */
  begin(ref: ParsedRef, input: object): Flight {
    const flight = { ref, input, sentAt: uptime() };
    this.#flights.add(flight);
    return flight;
  }

  /** The create has ended. */
  end(flight: Flight): void {
    this.#flights.delete(flight);
  }

  /** This prediction came of a create of ours. */
  know(id: string): void {
    this.#known.add(id);
  }

  /**
   * The id of the prediction that came of a create: the only one that is the same by its model, its input
   * and its time, and not known to be of another create. `undefined` where there is none, or more than one.
   */
  find(send: Send, flight: Flight, request: RequestOptions): Promise<string | undefined> {
    // One at a time, as two must not find the same.
    return this.#inTurn(() => this.#find(send, flight, request));
  }

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
    const sought = this.#sought.get(flight) ?? soughtRun(flight.ref, flight.input);
    this.#sought.set(flight, sought);
    return sought;
  }

  #hasTwin(flight: Flight, { text }: SoughtRun): boolean {
    return [...this.#flights].some((other) =>
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
