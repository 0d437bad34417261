import { type ListOptions, Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";
import type { Account } from "./account.ts";
import { createJob, type CreateOptions } from "./create_job.ts";
import type { Prediction } from "./predictions.ts";

/** A model on machines of your own. */
export interface Deployment {
  /** The `username` of the account it is of. */
  owner: string;
  /** Its name: no other deployment of the owner has it. */
  name: string;
  /** What it runs now. */
  current_release: DeploymentRelease;
}

/** A state of a deployment. Each change makes a new one. */
export interface DeploymentRelease {
  /** Counts from 1. */
  number: number;
  /** `owner/name` of the model. */
  model: string;
  /** The version's id. */
  version: string;
  /** RFC 3339, in UTC. */
  created_at: string;
  /** Who made it. */
  created_by: Account;
  /** On what it runs. */
  configuration: DeploymentConfiguration;
}

/** On what, and on how many machines a deployment runs. */
export interface DeploymentConfiguration {
  /** The `sku` of a kind of {@linkcode Hardware}. */
  hardware: string;
  /** How many machines there are when nothing is to be done. */
  min_instances: number;
  /** How many machines there are at most. */
  max_instances: number;
}

/** What `deployments.create` takes. */
export interface CreateDeploymentOptions extends RequestOptions {
  /** One that no other deployment of the account has. */
  name: string;
  /** `owner/name` of the model. */
  model: string;
  /** The version's id, of 64 characters. */
  version: string;
  /** The `sku` of a kind of {@linkcode Hardware}. */
  hardware: string;
  /** 0 to 5. */
  min_instances: number;
  /** 0 to 20. */
  max_instances: number;
}

/** What `deployments.update` takes. What is left out stays as it is. */
export interface UpdateDeploymentOptions extends RequestOptions {
  /** The version's id, of 64 characters. */
  version?: string | undefined;
  /** The `sku` of a kind of {@linkcode Hardware}. */
  hardware?: string | undefined;
  /** 0 to 5. */
  min_instances?: number | undefined;
  /** 0 to 20. */
  max_instances?: number | undefined;
}

/** Runs of a deployment. They are read, listed and canceled as all predictions are. */
export class DeploymentPredictionsApi extends Resource {
  /**
   * Starts a prediction on a deployment, and returns it as it is then. It is never created twice.
   *
   * @throws {ApiError} 404 if there is no such deployment, 422 for an input that does not fit.
   *
   * @example
   * ```ts
   * import { Client } from "@x/replicate";
   * import { FakeReplicate } from "@x/replicate/testing";
   * import { assertEquals } from "@std/assert";
   *
   * await using fake = new FakeReplicate({
   *   models: { "acme/echo": { run: ({ text }) => text } },
   *   deployments: { "acme/fast-echo": { model: "acme/echo" } },
   * });
   * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
   * const { output } = await client.deployments.predictions.create("acme", "fast-echo", {
   *   input: { text: "hello" },
   *   wait: true,
   * });
   * assertEquals(output, "hello");
   * ```
   */
  async create(owner: string, name: string, options: CreateOptions): Promise<Prediction> {
    return await createJob(this.send, {
      path: path`/deployments/${owner}/${name}/predictions`,
      of: `deployment ${owner}/${name}`,
    }, options);
  }
}

/**
 * Models on machines of your own.
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
  /** Runs of a deployment. */
  readonly predictions: DeploymentPredictionsApi = new DeploymentPredictionsApi(this.send);

  /**
   * The deployments of the account, newest first.
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
   * Creates a deployment of the account. It costs money for as long as `min_instances` is over 0.
   *
   * @throws {ApiError} 422 for a name that is taken, or a value that is out of bounds.
   */
  async create(options: CreateDeploymentOptions): Promise<Deployment> {
    const { name, model, version, hardware, min_instances, max_instances, ...request } = options;
    return await this.send({
      method: "POST",
      path: "/deployments",
      action: `create deployment ${name}`,
      json: { name, model, version, hardware, min_instances, max_instances },
      options: request,
    });
  }

  /**
   * A deployment as it is now.
   *
   * @throws {ApiError} 404 if there is no such deployment.
   */
  async get(owner: string, name: string, options?: RequestOptions): Promise<Deployment> {
    return await this.send({
      method: "GET",
      path: path`/deployments/${owner}/${name}`,
      action: `get deployment ${owner}/${name}`,
      options,
    });
  }

  /**
   * Changes a deployment. Each change makes a new release.
   *
   * @throws {ApiError} 404 if there is no such deployment; 422 if there is nothing to change, or a
   * value is out of bounds: its `invalidFields` say which.
   */
  async update(
    owner: string,
    name: string,
    options: UpdateDeploymentOptions,
  ): Promise<Deployment> {
    const { version, hardware, min_instances, max_instances, ...request } = options;
    return await this.send({
      method: "PATCH",
      path: path`/deployments/${owner}/${name}`,
      action: `update deployment ${owner}/${name}`,
      json: { version, hardware, min_instances, max_instances },
      options: request,
    });
  }

  /**
   * Deletes a deployment that has been offline and unused for 15 minutes, and gives `true`.
   *
   * @throws {ApiError} 404 if there is no such deployment; another status if it is still in use.
   */
  async delete(owner: string, name: string, options?: RequestOptions): Promise<boolean> {
    await this.send({
      method: "DELETE",
      path: path`/deployments/${owner}/${name}`,
      action: `delete deployment ${owner}/${name}`,
      options,
    });
    return true;
  }
}
