/** Lists the machines that models can run on: `client.hardware`. */

import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";

/** A kind of machine that models run on. */
export interface Hardware {
  /** The display name, such as `Nvidia T4 GPU`. */
  name: string;
  /** The identifier, such as `gpu-t4`. The option `hardware` of models and deployments takes it. */
  sku: string;
}

/**
 * The machines that models can run on.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assert } from "@std/assert";
 *
 * await using fake = new FakeReplicate({ models: {} });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * assert((await client.hardware.list()).some(({ sku }) => sku === "cpu"));
 * ```
 */
export class HardwareApi extends Resource {
  /**
   * Returns every kind of machine; this list has no pages.
   *
   * @throws {ApiError} 401 if the token is not valid.
   */
  readonly list: (options?: RequestOptions) => Promise<Hardware[]> = async (options) =>
    await this.send({
      method: "GET",
      path: "/hardware",
      action: "list hardware",
      options,
    });
}
