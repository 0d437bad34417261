import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";

/** A kind of machine that models run on. */
export interface Hardware {
  /** As it is to be shown, such as `Nvidia T4 GPU`. */
  name: string;
  /** What `hardware` of a model or a deployment takes, such as `gpu-t4`. */
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
   * Every kind of machine, at once: this list has no pages.
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
