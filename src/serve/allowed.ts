/** The models and deployments that a proxy lets pages run. */

import { Refusal } from "./refusal.ts";
import type { ServeClient } from "./types.ts";
import { VersionIndex } from "./versions.ts";

const NAME = /^[^\s/:]+\/[^\s/:]+$/;
const VERSION = /^[0-9a-f]{64}$/;

/** A model and a version of it, if one is named. */
interface ModelRef {
  name: string;
  version: string | undefined;
}

/** Decides which models and deployments may be run. Its methods throw a {@linkcode Refusal}, 403. */
export class AllowedModels {
  /** By name: `"any"`, or the versions that are allowed. */
  readonly #models = new Map<string, Set<string> | "any">();
  readonly #deployments: Set<string>;
  /** The versions of the models that may be run in any. */
  readonly #versions: VersionIndex;

  /** @throws {TypeError} If a name is not `owner/name`, or `owner/name:version`. */
  constructor(client: ServeClient, models: readonly string[], deployments: readonly string[] = []) {
    this.#deployments = new Set(deployments.map(nameOf));
    for (const text of models) {
      const { name, version } = parse(text) ?? fail(text);
      const known = this.#models.get(name);
      if (version === undefined || known === "any") this.#models.set(name, "any");
      else this.#models.set(name, (known ?? new Set()).add(version));
    }
    const any = [...this.#models].filter(([, versions]) => versions === "any");
    this.#versions = new VersionIndex(client, any.map(([name]) => name));
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

  /** Returns the name if this version of the model may be run. */
  version(name: string, id: string): string {
    const versions = this.#models.get(name);
    if (VERSION.test(id) && (versions === "any" || versions?.has(id))) return name;
    throw new Refusal(403, "this version is not allowed");
  }

  /**
   * Returns the model that a request's `version` stands for, if it may be run, and the `version` to send
   * on: made from the parts that were checked, so that there is nothing in it that was not.
   */
  async run(asked: unknown): Promise<{ model: string; version: string }> {
    const text = typeof asked === "string" ? asked : "";
    if (VERSION.test(text)) {
      const model = await this.#modelOf(text);
      if (model !== undefined) return { model, version: text };
      throw new Refusal(403, "this version is not allowed");
    }
    const { name, version } = parse(text) ?? { name: "", version: undefined };
    if (version === undefined) return { model: this.unpinned(name), version: name };
    const model = this.version(this.model(name), version);
    return { model, version: `${model}:${version}` };
  }

  /** Returns whether a run that exists already is one that a page may have made. */
  async has(job: { model?: string; version?: string; deployment?: string }): Promise<boolean> {
    if (job.deployment !== undefined && this.#deployments.has(job.deployment)) return true;
    const { model, version = "" } = job;
    if (model === undefined) {
      return VERSION.test(version) && await this.#modelOf(version) !== undefined;
    }
    const versions = this.#models.get(model);
    return versions === "any" || versions?.has(version) === true;
  }

  async #modelOf(version: string): Promise<string | undefined> {
    for (const [name, versions] of this.#models) {
      if (versions !== "any" && versions.has(version)) return name;
    }
    return await this.#versions.modelOf(version);
  }
}

function parse(text: string): ModelRef | undefined {
  const [name = "", version, more] = text.split(":", 3);
  const isRef = NAME.test(name) && more === undefined &&
    (version === undefined || VERSION.test(version));
  return isRef ? { name, version } : undefined;
}

function nameOf(name: string): string {
  return NAME.test(name) ? name : fail(name);
}

function fail(text: unknown): never {
  throw new TypeError(
    `Cannot allow ${JSON.stringify(text)}: give "owner/name", or "owner/name:version" for a model`,
  );
}
