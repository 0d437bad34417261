/** The owners of runs, so that each user of a proxy sees only their own. */

import type { Prediction } from "../resources/predictions.ts";
import { type ExpiringStore, expiringStore } from "../webhooks/expiring_store.ts";
import type { AllowedModels } from "./allowed.ts";
import { Refusal } from "./refusal.ts";
import type { ServeClient } from "./types.ts";

/** The time that the owner of a run is remembered. */
const KEPT = 24 * 60 * 60_000;

/** Remembers who created each run, and finds runs for those who may see them. */
export class RunOwners {
  readonly #client: ServeClient;
  readonly #models: AllowedModels;
  readonly #store: ExpiringStore;
  /** A store of ours forgets when the process ends, so a run that is not in it may still be somebody's. */
  readonly #isOurs: boolean;

  constructor(client: ServeClient, models: AllowedModels, store: ExpiringStore | undefined) {
    this.#client = client;
    this.#models = models;
    this.#store = store ?? expiringStore();
    this.#isOurs = store === undefined;
  }

  /** Remembers that a run belongs to a user. */
  async add(id: string, user: string): Promise<void> {
    await this.#store.set(`run ${id}`, user, KEPT);
  }

  /**
   * Returns a run that this user may see.
   *
   * @throws {Refusal} 404 for any other run, as if it did not exist.
   */
  async find(id: string, user: string): Promise<Prediction> {
    const owner = await this.#store.get(`run ${id}`) ?? undefined;
    const isUnknown = owner === undefined && this.#isOurs;
    if (owner !== user && !isUnknown) throw new Refusal(404, "there is no such run");
    const run: Prediction = await (await this.#client.request(`/predictions/${id}`)).json();
    if (isUnknown && !await this.#models.has(run)) throw new Refusal(404, "there is no such run");
    return run;
  }
}
