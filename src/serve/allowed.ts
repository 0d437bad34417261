/** The models and deployments that a proxy lets pages run. */

import { ApiError } from "../errors.ts";
import { path } from "../base/path.ts";
import { Refusal } from "./refusal.ts";
import type { ServeClient } from "./types.ts";

const VERSION = /^[0-9a-f]{64}$/;
/** The greatest number of versions to remember, so that forged ones cannot fill the memory. */
const KNOWN = 1000;

/** Decides which models and deployments may be run. Its methods throw a {@linkcode Refusal}, 403. */
export class AllowedModels {
  readonly #client: ServeClient;
  /** By name: `"any"`, or the versions that are allowed. */
  readonly #models = new Map<string, Set<string> | "any">();
  readonly #deployments: Set<string>;
  /** The model of each version that was asked for; `undefined` if it is not an allowed one. */
  readonly #versions = new Map<string, string | undefined>();

  /** @throws {TypeError} If a name is not `owner/name`. */
  constructor(client: ServeClient, models: readonly string[], deployments: readonly string[] = []) {
    this.#client = client;
    this.#deployments = new Set(deployments.map(nameOf));
    for (const ref of models) {
      const [name = "", version] = ref.split(":", 2);
      const known = this.#models.get(nameOf(name));
      if (version === undefined || known === "any") this.#models.set(name, "any");
      else this.#models.set(name, (known ?? new Set()).add(version));
    }
  }

  /** Returns the name if some version of the model may be run. */
  model(name: string): string {
    if (this.#models.has(name)) return name;
    throw new Refusal(403, "this model is not allowed");
  }

  /** Returns the name if every version of the model may be run, and so the latest one. */
  unpinned(name: string): string {
    if (this.#models.get(name) === "any") return name;
    throw new Refusal(403, "this model is not allowed");
  }

  /** Returns the name if the deployment may be run. */
  deployment(name: string): string {
    if (this.#deployments.has(name)) return name;
    throw new Refusal(403, "this deployment is not allowed");
  }

  /** Returns the name of the model that a request's `version` stands for, if it may be run. */
  async run(version: unknown): Promise<string> {
    const text = typeof version === "string" ? version : "";
    if (VERSION.test(text)) {
      const name = await this.#modelOf(text);
      if (name !== undefined) return name;
      throw new Refusal(403, "this version is not allowed");
    }
    const [name = "", id] = text.split(":", 2);
    if (id === undefined) return this.unpinned(name);
    return this.version(this.model(name), id);
  }

  /** Returns the name if this version of the model may be run. */
  version(name: string, id: string): string {
    const versions = this.#models.get(name);
    if (VERSION.test(id) && (versions === "any" || versions?.has(id))) return name;
    throw new Refusal(403, "this version is not allowed");
  }

  /** Returns whether a run that exists already is one that a page may have made. */
  async has(job: { model?: string; version?: string; deployment?: string }): Promise<boolean> {
    if (job.deployment !== undefined && this.#deployments.has(job.deployment)) return true;
    const { model = "", version = "" } = job;
    const versions = this.#models.get(model);
    if (versions === "any" || versions?.has(version)) return true;
    return VERSION.test(version) && await this.#modelOf(version) !== undefined;
  }

  async #modelOf(version: string): Promise<string | undefined> {
    if (this.#versions.has(version)) return this.#versions.get(version);
    const name = await this.#find(version);
    this.#versions.set(version, name);
    for (const oldest of this.#versions.keys()) {
      if (this.#versions.size <= KNOWN) break;
      this.#versions.delete(oldest);
    }
    return name;
  }

  /** Asks the API which of the models has a version. */
  async #find(version: string): Promise<string | undefined> {
    for (const [name, versions] of this.#models) {
      if (versions !== "any" && versions.has(version)) return name;
    }
    for (const [name, versions] of this.#models) {
      if (versions !== "any") continue;
      const [owner = "", model = ""] = name.split("/");
      try {
        const answer = await this.#client.request(
          path`/models/${owner}/${model}/versions/${version}`,
        );
        await answer.body?.cancel();
        return name;
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      }
    }
    return undefined;
  }
}

function nameOf(name: string): string {
  if (/^[^\s/:]+\/[^\s/:]+$/.test(name)) return name;
  throw new TypeError(`Cannot allow ${JSON.stringify(name)}: give "owner/name"`);
}
