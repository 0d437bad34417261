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
import { ReplicateError } from "../errors.ts";
import type { RequestOptions, Send } from "../request.ts";
import { type Prediction, PredictionsApi } from "../resources/predictions.ts";
import { likeness, sentInput, turns } from "./batch_key.ts";
import type { BatchStore } from "./batch_types.ts";
import { signalOf } from "./poll.ts";
import type { ParsedRef } from "./ref.ts";

/** What is kept of an input. */
export type BatchRecord =
  & {
    /** Which create of this input it is, from 1. */
    create: number;
    /** How many of those before it have failed. */
    failed: number;
    /** When it was about to be sent. */
    at: string;
  }
  & (
    | { state: "intent" }
    | { state: "created"; id: string }
    | { state: "ended"; prediction: KeptPrediction }
  );

/** A prediction without what is long, known from elsewhere, or a secret. */
export type KeptPrediction = Omit<Prediction, "input" | "logs" | "urls">;

/** How far our clock, or the time a create is under way, may differ from the server's, in ms. */
const SKEW = 5 * 60_000;
/** A list that is made for one input does for others that were sent so long before or after, in ms. */
const MARGIN = 60_000;
/** After so long, what a process that died has sent is in the list, or never will be. */
const SETTLED = 10_000;

/** What a ledger is made from. */
export interface LedgerInit {
  store: BatchStore;
  send: Send;
  ref: ParsedRef;
  request: RequestOptions;
}

/** The records of a batch. */
export class Ledger {
  readonly #init: LedgerInit;
  readonly #startedAt = Date.now();
  readonly #taken = new Set<string>();
  readonly #inTurn = turns();
  #list: { at: number; asOf: number; predictions: Prediction[] } | undefined;

  constructor(init: LedgerInit) {
    this.#init = init;
  }

  /** The record of an input. */
  async entry(key: string): Promise<LedgerEntry> {
    const record = await this.#init.store.get(`batch ${key}`);
    return new LedgerEntry(this.#init.store, key, (record ?? undefined) as BatchRecord | undefined);
  }

  /**
   * The prediction of an input whose create may or may not have been accepted, if there is one.
   *
   * @throws {ReplicateError} If that cannot be told.
   */
  find(entry: LedgerEntry, input: object): Promise<Prediction | undefined> {
    // One at a time, as equal inputs must not find the same prediction.
    return this.#inTurn(() => this.#find(entry, input));
  }

  async #find(entry: LedgerEntry, input: object): Promise<Prediction | undefined> {
    const { request } = this.#init;
    const at = Date.parse(entry.record?.at ?? "");
    const sent = await sentInput(input);
    const early = await this.#pick(entry, sent, await this.#created(at, 0));
    if (early.found) return early.found;
    const settledAt = this.#startedAt + SETTLED;
    if (Date.now() < settledAt) await delay(settledAt - Date.now(), signalOf(request));
    const { found, maybe } = await this.#pick(entry, sent, await this.#created(at, settledAt));
    if (found || !maybe) return found;
    throw new ReplicateError(
      `Cannot tell whether this input was run before the restart: prediction ${maybe.id} may be ` +
        `it; to run it anew, delete "batch ${entry.key}" from the store`,
    );
  }

  async #pick(
    { key, record }: LedgerEntry,
    sent: object,
    predictions: readonly Prediction[],
  ): Promise<{ found?: Prediction; maybe?: Prediction }> {
    const { store, ref } = this.#init;
    let found: Prediction | undefined;
    let maybe: Prediction | undefined;
    for (const prediction of predictions) {
      const { id } = prediction;
      const like = likeness(ref, sent, prediction);
      if (!like || this.#taken.has(id)) continue;
      const owner = await store.get(`id ${id}`) as { key: string; create: number } | undefined;
      if (owner?.key === key && owner.create === record?.create) return { found: prediction };
      if (owner) continue;
      if (like === "same") found ??= prediction;
      else maybe ??= prediction;
    }
    if (!found) return maybe ? { maybe } : {};
    this.#taken.add(found.id);
    return { found };
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
    return this.#list.predictions;
  }
}

/** The record of one input, and what happens to it. */
export class LedgerEntry {
  readonly key: string;
  readonly #store: BatchStore;
  #record: BatchRecord | undefined;
  #before: BatchRecord | undefined;
  /** Whether this process has created it before: it must have failed, if it is created again. */
  #ours = false;

  constructor(store: BatchStore, key: string, record: BatchRecord | undefined) {
    this.#store = store;
    this.key = key;
    this.#record = record;
  }

  /** What is kept now. */
  get record(): BatchRecord | undefined {
    return this.#record;
  }

  /** A create is about to be sent; `again`: it was refused, and this is the same one once more. */
  async intend(again: boolean): Promise<void> {
    if (!again) this.#before = this.#record;
    const before = this.#before;
    const failed = (before?.failed ?? 0) + (this.#ours || before?.state === "ended" ? 1 : 0);
    const at = new Date().toISOString();
    await this.#set({ state: "intent", create: (before?.create ?? 0) + 1, failed, at });
    this.#ours = true;
  }

  /** The server has refused it: all is as it was before. */
  async refused(): Promise<void> {
    if (this.#record?.state !== "intent" || this.#record === this.#before) return;
    this.#record = this.#before;
    this.#ours = false;
    if (this.#before) await this.#set(this.#before);
    else await this.#store.delete(`batch ${this.key}`);
  }

  /** The server has created it. */
  async created({ id }: { id: string }): Promise<void> {
    const { create = 1, failed = 0, at = "" } = this.#record ?? {};
    await this.#store.set(`id ${id}`, { key: this.key, create });
    await this.#set({ state: "created", create, failed, at, id });
  }

  /** It has ended. One that was canceled is not kept: it is run again when the batch is. */
  async ended(prediction: Prediction): Promise<void> {
    if (!/^(?:succeeded|failed)$/.test(prediction.status)) return;
    const { create = 1, failed = 0, at = "" } = this.#record ?? {};
    const { input: _, logs: __, urls: ___, ...kept } = prediction;
    await this.#set({ state: "ended", create, failed, at, prediction: kept });
  }

  async #set(record: BatchRecord): Promise<void> {
    this.#record = record;
    await this.#store.set(`batch ${this.key}`, record);
  }
}
