/**
 * The ledger of a batch: the records of its inputs, which outlive the process.
 *
 * For each input there is one record, which goes through three states:
 *
 * - `intent`, written just before a create is sent: from then on the prediction may exist.
 * - `created`, with its id.
 * - `ended`, with the prediction, as its data are gone from the server after an hour; and with the places
 *   of its files, as a sink keeps them one by one.
 *
 * Before the id is written, `id <id>` is, which names the input of the prediction. Each of several equal
 * inputs has its own prediction then, whatever the moment at which the process died.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { turns } from "../base/async.ts";
import { uptime } from "../base/clock.ts";
import { ReplicateError } from "../errors.ts";
import type { StoredFile } from "../files/stored.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import type { ParsedRef } from "../run/ref.ts";
import { likeness, sentInput, soughtRun } from "../run/likeness.ts";
import { listed } from "../run/lost.ts";
import type { BatchStore } from "./types.ts";

/** The record of one input. */
export type BatchRecord =
  & {
    /** The number of the create among those for this input, from 1. */
    create: number;
    /** The number of predictions that have failed so far. */
    failed: number;
    /** The moment at which the create was about to be sent, as ISO 8601. */
    at: string;
    /** `true` if that is by the clock of the machine, which may be wrong: no answer had come so far. */
    local?: boolean;
  }
  & (
    | { state: "intent" }
    | { state: "created"; id: string }
    | { state: "ended"; prediction: KeptPrediction; stored?: KeptFiles }
  );

/** The places of the files of an output, by position; `null` for those that are not kept so far. */
export type KeptFiles = readonly (StoredFile | null)[];

/** The create that a prediction comes from: the key of its input, and its number. */
interface Origin {
  key: string;
  create: number;
}

/** A prediction without the fields that are long, known from elsewhere, or a secret. */
export type KeptPrediction = Omit<Prediction, "input" | "logs" | "urls" | "webhook">;

/** The difference allowed between our moment of a create and the server's, in milliseconds. */
const SKEW = 300_000;
/** The same for a moment by the clock of a machine: a wrong time zone makes 14 hours. */
const LOCAL_SKEW = 86_400_000;
/** A list for one create serves those that were sent up to so many milliseconds before or after. */
const MARGIN = 60_000;
/** The milliseconds after which a create of a process that died is in the list, or never will be. */
const LISTED = 10_000;

/** The parts of a batch that its ledger works with. */
export interface LedgerInit {
  readonly store: BatchStore;
  readonly send: Send;
  /** The model that the batch runs. */
  readonly ref: ParsedRef;
  /** The options of the ledger's own requests. */
  readonly request: RequestOptions & { signal: AbortSignal };
}

/** The records of a batch. */
export interface Ledger {
  /** The record of an input, if there is one. */
  read(key: string): Promise<BatchRecord | undefined>;
  /** Writes the record of an input; `undefined` deletes it. */
  write(key: string, record: BatchRecord | undefined): Promise<void>;
  /** The moment of a create that is about to be sent, by the server's clock where that is known. */
  moment(): Pick<BatchRecord, "at" | "local">;
  /** Writes down which create a prediction comes from. */
  own(id: string, origin: Origin): Promise<void>;
  /**
   * The id of the prediction that came of a create, of which it is not known whether it was accepted;
   * `undefined` if there is none.
   *
   * @throws {ReplicateError} If that cannot be told.
   */
  find(key: string, record: BatchRecord, input: object): Promise<string | undefined>;
}

/** Makes the ledger of a batch. Reads nothing yet. */
export function batchLedger({ store, send, ref, request }: LedgerInit): Ledger {
  /** The moment of the first access, by the clock of durations. */
  let startedAt: number | undefined;
  /** The ids of predictions that were found for an input. */
  const taken = new Set<string>();
  const inTurn = turns();
  /** The latest list: the create it is for, the moment it was read at, and its predictions. */
  let list:
    | { at: number; readAt: number; skew: number; predictions: readonly Prediction[] }
    | undefined;

  /** The predictions created about then, oldest first, by a list that is read at `notBefore` or later. */
  const created = async (
    at: number,
    notBefore: number,
    skew: number = SKEW,
  ): Promise<readonly Prediction[]> => {
    const isNear = list && list.skew === skew && Math.abs(at - list.at) <= MARGIN;
    if (isNear && list!.readAt >= notBefore) return list!.predictions;
    const readAt = uptime();
    const predictions = await listed(send, {
      ...request,
      created_after: new Date(at - skew - MARGIN),
      created_before: new Date(at + skew + MARGIN),
    });
    list = { at, readAt, skew, predictions };
    return predictions;
  };

  const find = async (
    key: string,
    { at: iso, create, local }: BatchRecord,
    input: object,
  ): Promise<string | undefined> => {
    const at = Date.parse(iso);
    const sought = soughtRun(ref, await sentInput(input));
    let maybe: string | undefined;
    /** The first of these predictions that is of this create; notes the first that may be. */
    const among = async (predictions: readonly Prediction[]): Promise<string | undefined> => {
      let same: string | undefined;
      maybe = undefined;
      for (const prediction of predictions) {
        const { id } = prediction;
        const like = likeness(sought, prediction);
        if (!like || taken.has(id)) continue;
        const origin = await store.get(`id ${id}`) as Origin | null | undefined;
        if (origin?.key === key && origin.create === create) return id;
        if (origin) continue;
        if (like === "same") same ??= id;
        else maybe ??= id;
      }
      if (same) taken.add(same);
      return same;
    };
    // A prediction that is in the list already need not be waited for.
    for (const notBefore of [0, (startedAt ?? uptime()) + LISTED]) {
      const wait = notBefore - uptime();
      if (wait > 0) await delay(wait, request);
      const same = await among(await created(at, notBefore));
      if (same) return same;
    }
    if (maybe) {
      throw new ReplicateError(
        `Cannot tell whether this input was run before: prediction ${maybe} may be it; ` +
          `to run it anew, delete "batch ${key}" from the store`,
      );
    }
    // The clock of a machine may be wrong by hours; where it is right, this finds nothing.
    if (!local || !send.clock?.known) return undefined;
    const away = ({ created_at }: Prediction): number => Math.abs(Date.parse(created_at) - at);
    const day = await created(at, 0, LOCAL_SKEW);
    return await among([...day].sort((a, b) => away(a) - away(b)));
  };

  return {
    read: async (key) => {
      startedAt ??= uptime();
      return (await store.get(`batch ${key}`) ?? undefined) as BatchRecord | undefined;
    },
    write: async (key, record) => {
      if (record) await store.set(`batch ${key}`, record);
      else await store.delete(`batch ${key}`);
    },
    moment: () => {
      const { clock } = send;
      const at = new Date(clock?.now() ?? Date.now()).toISOString();
      return clock?.known ? { at } : { at, local: true };
    },
    own: async (id, origin) => {
      await store.set(`id ${id}`, origin);
    },
    // One at a time, as equal inputs must not find the same prediction.
    find: (key, record, input) => inTurn(() => find(key, record, input)),
  };
}
