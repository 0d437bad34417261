/** The owners of runs, so that each user of a proxy sees only their own. */

import { path } from "../base/path.ts";
import type { Prediction } from "../resources/predictions.ts";
import { type ExpiringStore, expiringStore } from "../webhooks/expiring_store.ts";
import type { AllowedModels } from "./allowed.ts";
import { Refusal } from "./refusal.ts";
import type { ServeClient } from "./types.ts";
import { readApi } from "./upstream.ts";

/** The time that the owner of a run is remembered. */
const KEPT = 24 * 60 * 60_000;

/** The things that {@linkcode RunOwners} is made from. */
export interface RunOwnersInit {
  readonly client: ServeClient;
  readonly models: AllowedModels;
  /** Default: one in memory. */
  readonly store: ExpiringStore | undefined;
  /**
   * `true` if a run without a known owner may be seen, as long as its model is allowed. A store that is
   * full or was emptied forgets owners, so this is not for sites that tell users apart.
   */
  readonly isOpen: boolean;
}

/** Remembers who created each run, and finds runs for those who may see them. */
export class RunOwners {
  readonly #init: RunOwnersInit;
  readonly #store: ExpiringStore;

  constructor(init: RunOwnersInit) {
    this.#init = init;
    this.#store = init.store ?? expiringStore();
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
  async find(id: string, user: string, page?: AbortSignal): Promise<Prediction> {
    const { client, models, isOpen } = this.#init;
    const owner = await this.#store.get(`run ${id}`) ?? undefined;
    const isUnknown = owner === undefined && isOpen;
    if (owner !== user && !isUnknown) throw new Refusal(404, "there is no such run");
    const answer = await readApi(client, path`/predictions/${id}`, page);
    const run: Prediction = await answer.json();
    if (isUnknown && !await models.has(run)) throw new Refusal(404, "there is no such run");
    return run;
  }
}
