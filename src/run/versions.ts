/** The latest versions of models that are named without one. */

import { ReplicateError } from "../errors.ts";
import { path } from "../base/path.ts";
import { isolatesRequests } from "../base/runtime.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { isMissing } from "../resources/missing.ts";

/** A model that is named without a version. */
export interface ModelName {
  /** The account that the model belongs to. */
  owner: string;
  /** The model's own name. */
  name: string;
  /** The two as `owner/name`. */
  label: string;
}

/**
 * The models that run by their name, and those that run only as a version: learned once, and shared by
 * all runs.
 *
 * The first run of a model just tries its name, which is all that an official one needs. For any other
 * model that fails, at the price of one create of the rate limit: runs that begin meanwhile look it up.
 */
export class Versions {
  /** The latest version, or `undefined` for a model that runs by its name. */
  readonly #known = new Map<string, string | undefined>();
  /** The look-ups under way, unless each request of a server has to ask for itself. */
  readonly #asking = new Map<string, Promise<string | undefined>>();
  /** The models that a first run tries by their name. */
  readonly #tried = new Set<string>();

  /** The version to run; `undefined` to try the model by its name. */
  async of(send: Send, model: ModelName, options: RequestOptions): Promise<string | undefined> {
    const { label } = model;
    if ([this.#known, this.#asking, this.#tried].some((it) => it.has(label))) {
      return await this.lookUp(send, model, options);
    }
    this.#tried.add(label);
    return undefined;
  }

  /** The model runs as this version, and no other; by its name if there is none. */
  learn(label: string, version: string | undefined): void {
    this.#known.set(label, version);
  }

  /** The try failed for a reason that says nothing of the model. */
  forget(label: string): void {
    this.#tried.delete(label);
  }

  /**
   * Asks the API, once for all callers: the signal of one of them does not end it.
   *
   * @throws {ReplicateError} If the model has no version.
   */
  async lookUp(
    send: Send,
    model: ModelName,
    { signal: _, ...options }: RequestOptions,
  ): Promise<string | undefined> {
    const { label } = model;
    if (this.#known.has(label)) return this.#known.get(label);
    const pending = this.#asking.get(label);
    if (pending) return await pending;
    const asking = ask(send, model, options);
    // Where a promise belongs to a request, another one would hang on it.
    if (!isolatesRequests()) this.#asking.set(label, asking);
    try {
      const version = await asking;
      this.learn(label, version);
      return version;
    } finally {
      this.#asking.delete(label);
    }
  }
}

/** The part of a model that says how it runs. */
interface RunnableModel {
  is_official?: boolean;
  latest_version?: { id?: string } | null;
}

async function ask(
  send: Send,
  { owner, name, label }: ModelName,
  options: RequestOptions,
): Promise<string | undefined> {
  const get = (noun: string): Promise<RunnableModel> =>
    send({
      method: "GET",
      path: path`/${noun}/${owner}/${name}`,
      action: `run ${label}`,
      expect: "object",
      options,
    });
  const model = await get("models").catch(async (error) => {
    if (isMissing(error) && await get("deployments").catch(() => undefined)) {
      error.message += `; it is a deployment: give { deployment: ${JSON.stringify(label)} }`;
    }
    throw error;
  });
  if (model.is_official) return undefined;
  const version = model.latest_version?.id;
  if (version) return version;
  throw new ReplicateError(`Cannot run ${label}: the model has no version yet`);
}
