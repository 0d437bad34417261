/**
 * What a batch knows of its inputs from before a crash.
 *
 * For each input there is one record, which goes through three states:
 *
 * - `intent`, written just before a create is sent: the prediction may exist from then on.
 * - `created`, with its id.
 * - `ended`, with the prediction, as its data are gone from the server after an hour.
 *
 * Before the id is written, `id <id>` is, which says whose the prediction is. So of several equal
 * inputs each has its own, whatever the moment at which the process died.
 */

import { delay } from "@std/async/delay";
import { turns } from "../base/async.ts";
import { ReplicateError } from "../errors.ts";
import { type Prediction, PredictionsApi } from "../resources/predictions.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import type { ParsedRef } from "../run/ref.ts";
import { likeness, sentInput } from "./identity.ts";
import type { BatchStore } from "./types.ts";

/** What is kept of an input. */
export type BatchRecord =
  & {
    /** Which create of this input it is, from 1. */
    create: number;
    /** How many have failed so far. */
    failed: number;
    /** When it was about to be sent. */
    at: string;
  }
  & (
    | { state: "intent" }
    | { state: "created"; id: string }
    | { state: "ended"; prediction: KeptPrediction }
  );

/** Whose create a prediction is of. */
interface Owner {
  key: string;
  create: number;
}

/** A prediction without what is long, known from elsewhere, or a secret. */
export type KeptPrediction = Omit<Prediction, "input" | "logs" | "urls">;

/** How far our clock, or the time a create is under way, may differ from the server's, in ms. */
const SKEW = 5 * 60_000;
/** A list that is made for one input does for others that were sent so long before or after, in ms. */
const MARGIN = 60_000;
/** After so long, what a process that died has sent is in the list, or never will be. */
const SETTLED = 10_000;

/** What a ledger needs of its batch. */
export interface LedgerInit {
  readonly store: BatchStore;
  readonly send: Send;
  /** What the batch runs. */
  readonly ref: ParsedRef;
  /** For requests of the ledger's own. */
  readonly request: RequestOptions & { signal: AbortSignal };
}

/** The records of a batch. */
export class Ledger {
  readonly #store: BatchStore;
  readonly #init: LedgerInit;
  #startedAt = 0;
  readonly #taken = new Set<string>();
  readonly #inTurn = turns();
  #list: { at: number; asOf: number; predictions: Prediction[] } | undefined;

  constructor(init: LedgerInit) {
    this.#store = init.store;
    this.#init = init;
  }

  /** What is kept of an input. */
  async read(key: string): Promise<BatchRecord | undefined> {
    this.#startedAt ||= Date.now();
    return (await this.#store.get(`batch ${key}`) ?? undefined) as BatchRecord | undefined;
  }

  /** Keeps it; `undefined` forgets it. */
  async write(key: string, record: BatchRecord | undefined): Promise<void> {
    if (record) await this.#store.set(`batch ${key}`, record);
    else await this.#store.delete(`batch ${key}`);
  }

  /** Keeps whose create a prediction is of. */
  async own(id: string, owner: Owner): Promise<void> {
    await this.#store.set(`id ${id}`, owner);
  }

  /**
   * The id of the prediction of an input whose create may or may not have been accepted, if there is
   * one.
   *
   * @throws {ReplicateError} If that cannot be told.
   */
  find(key: string, record: BatchRecord, input: object): Promise<string | undefined> {
    // One at a time, as equal inputs must not find the same prediction.
    return this.#inTurn(() => this.#find(key, record, input));
  }

  async #find(
    key: string,
    { create, at: date }: BatchRecord,
    input: object,
  ): Promise<string | undefined> {
    const { ref, request } = this.#init;
    const at = Date.parse(date);
    const sent = await sentInput(input);
    let maybe: string | undefined;
    // What is in the list already need not be waited for.
    for (const asOf of [0, this.#startedAt + SETTLED]) {
      const wait = asOf - Date.now();
      if (wait > 0) await delay(wait, request);
      let found: string | undefined;
      maybe = undefined;
      for (const prediction of await this.#created(at, asOf)) {
        const { id } = prediction;
        const like = likeness(ref, sent, prediction);
        if (!like || this.#taken.has(id)) continue;
        const owner = await this.#store.get(`id ${id}`) as Owner | null | undefined;
        if (owner?.key === key && owner.create === create) return id;
        if (owner) continue;
        if (like === "same") found ??= id;
        else maybe ??= id;
      }
      if (!found) continue;
      this.#taken.add(found);
      return found;
    }
    if (!maybe) return undefined;
    throw new ReplicateError(
      `Cannot tell whether this input was run before the restart: prediction ${maybe} may be ` +
        `it; to run it anew, delete "batch ${key}" from the store`,
    );
  }

  /** What was created about then, oldest first, as the list has it at `asOf` or later. */
  async #created(at: number, asOf: number): Promise<readonly Prediction[]> {
    const { send, request } = this.#init;
    const known = this.#list;
    if (known && Math.abs(at - known.at) <= MARGIN && known.asOf >= asOf) return known.predictions;
    const now = Date.now();
    const predictions: Prediction[] = [];
    const list = new PredictionsApi(send).list({
      ...request,
      created_after: new Date(at - SKEW - MARGIN),
      created_before: new Date(at + SKEW + MARGIN),
    });
    for await (const { output: _, logs: __, ...prediction } of list) {
      predictions.push(prediction as Prediction);
    }
    this.#list = { at, asOf: now, predictions: predictions.reverse() };
    return predictions;
  }
}
