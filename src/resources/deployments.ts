/** Manages deployments: `client.deployments`. */

import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { type NameArgs, namesOf } from "./names.ts";
import { Resource } from "./resource.ts";
import type { Account } from "./account.ts";
import { DeploymentPredictionsApi } from "./deployment_predictions.ts";

/** A model that runs on machines reserved for one account. */
export interface Deployment {
  /** The `username` of the account that has the deployment. */
  owner: string;
  /** The name, unique among the deployments of the owner. */
  name: string;
  /** The release that runs now. */
  current_release: DeploymentRelease;
}

/** One state of a deployment. Each change makes a new release. */
export interface DeploymentRelease {
  /** The number of the release, counted from 1. */
  number: number;
  /** The model, as `owner/name`. */
  model: string;
  /** The id of the model's version. */
  version: string;
  /** The time of creation, in UTC, as RFC 3339. */
  created_at: string;
  /** The account that made the release. */
  created_by: Account;
  /** The machines that the release runs on. */
  configuration: DeploymentConfiguration;
}

/** The kind of machine that a deployment runs on, and how many of them. */
export interface DeploymentConfiguration {
  /** The `sku` of a {@linkcode Hardware}. */
  hardware: string;
  /** The number of machines that stay on when there is no work. */
  min_instances: number;
  /** The largest number of machines. */
  max_instances: number;
}

/** Options of `deployments.create`. */
export interface CreateDeploymentOptions extends RequestOptions {
  /** The name, unique among the deployments of the account. */
  name: string;
  /** The model, as `owner/name`. */
  model: string;
  /** The id of the model's version, 64 characters long. */
  version: string;
  /** The `sku` of a {@linkcode Hardware}. */
  hardware: string;
  /** The number of machines that stay on when there is no work, from 0 to 5. */
  min_instances: number;
  /** The largest number of machines, from 0 to 20. */
  max_instances: number;
}

/** Options of `deployments.update`. A field that is left out does not change. */
export interface UpdateDeploymentOptions extends RequestOptions {
  /** The id of the model's version, 64 characters long. */
  version?: string | undefined;
  /** The `sku` of a {@linkcode Hardware}. */
  hardware?: string | undefined;
  /** The number of machines that stay on when there is no work, from 0 to 5. */
  min_instances?: number | undefined;
  /** The largest number of machines, from 0 to 20. */
  max_instances?: number | undefined;
}

/**
 * Deployments: models that run on machines reserved for one account.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({ models: { "acme/echo": {} }, owner: "acme" });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const { latest_version } = await client.models.get("acme", "echo");
 * await client.deployments.create({
 *   name: "fast-echo",
 *   model: "acme/echo",
 *   version: latest_version!.id,
 *   hardware: "cpu",
 *   min_instances: 0,
 *   max_instances: 2,
 * });
 * const changed = await client.deployments.update("acme", "fast-echo", { max_instances: 3 });
 * assertEquals(changed.current_release.number, 2);
 * ```
 */
export class DeploymentsApi extends Resource {
  /** Starts predictions on deployments. */
  readonly predictions: DeploymentPredictionsApi = new DeploymentPredictionsApi(this.send);

  /**
   * Lists the deployments of the account, newest first.
   *
   * @throws {ApiError} 401 if the token is not valid.
   */
  readonly list: (options?: ListOptions) => Pages<Deployment> = ({ cursor, ...options } = {}) =>
    new Pages(this.send, () => ({
      method: "GET",
      path: "/deployments",
      query: { cursor },
      action: "list deployments",
      options,
    }));

  /**
   * Creates a deployment of the account. It costs money for as long as `min_instances` is above 0.
   *
   * @param options The deployment, with the options of the request.
   * @param more Options of the request, where the official client takes them.
   * @throws {ApiError} 422 if the name is taken, or a value is out of bounds.
   */
  async create(
    options: CreateDeploymentOptions,
    more?: RequestOptions,
  ): Promise<Deployment> {
    const { name, model, version, hardware, min_instances, max_instances, ...request } = {
      ...options,
      ...more,
    };
    return await this.send({
      method: "POST",
      path: "/deployments",
      action: `create deployment ${name}`,
      expect: "object",
      json: { name, model, version, hardware, min_instances, max_instances },
      options: request,
    });
  }

  /**
   * Returns a deployment in its present state.
   *
   * @throws {ApiError} 404 if there is no such deployment.
   */
  get(owner: string, name: string, options?: RequestOptions): Promise<Deployment>;
  /** The same, by `"owner/name"`. */
  get(name: string, options?: RequestOptions): Promise<Deployment>;
  async get(...args: NameArgs<RequestOptions>): Promise<Deployment> {
    const [owner, name, options] = namesOf(args);
    return await this.send({
      method: "GET",
      path: path`/deployments/${owner}/${name}`,
      action: `get deployment ${owner}/${name}`,
      expect: "object",
      options,
    });
  }

  /**
   * Changes a deployment. Each change makes a new release.
   *
   * @throws {ApiError} 404 if there is no such deployment; 422 if there is nothing to change, or a
   * value is out of bounds. `invalidFields` names the value.
   */
  update(
    owner: string,
    name: string,
    options: UpdateDeploymentOptions,
    more?: RequestOptions,
  ): Promise<Deployment>;
  /** The same, by `"owner/name"`. */
  update(
    name: string,
    options: UpdateDeploymentOptions,
    more?: RequestOptions,
  ): Promise<Deployment>;
  async update(
    ...args: NameArgs<UpdateDeploymentOptions, [more?: RequestOptions | undefined]>
  ): Promise<Deployment> {
    const [owner, name, options, more] = namesOf(args);
    const { version, hardware, min_instances, max_instances, ...request } = {
      ...options,
      ...more,
    };
    return await this.send({
      method: "PATCH",
      path: path`/deployments/${owner}/${name}`,
      action: `update deployment ${owner}/${name}`,
      expect: "object",
      json: { version, hardware, min_instances, max_instances },
      options: request,
    });
  }

  /**
   * Deletes a deployment that has been offline and unused for 15 minutes, and returns `true`.
   *
   * @throws {ApiError} 404 if there is no such deployment; another status if it is still in use.
   */
  delete(owner: string, name: string, options?: RequestOptions): Promise<boolean>;
  /** The same, by `"owner/name"`. */
  delete(name: string, options?: RequestOptions): Promise<boolean>;
  async delete(...args: NameArgs<RequestOptions>): Promise<boolean> {
    const [owner, name, options] = namesOf(args);
    await this.send({
      method: "DELETE",
      path: path`/deployments/${owner}/${name}`,
      action: `delete deployment ${owner}/${name}`,
      options,
    });
    return true;
  }
}
