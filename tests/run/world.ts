/** A client, a fake and virtual time for the tests of runs. */

import { Client, type ClientOptions } from "../../mod.ts";
import {
  type FakeModel,
  type FakeOptions,
  FakeReplicate,
  withFakeTime,
} from "../../src/testing/mod.ts";

/** Waits in virtual time. */
export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** The objects that a test of a run works with. */
export interface World {
  fake: FakeReplicate;
  client: Client;
  elapsed: () => number;
  /** The requests so far, as `POST /predictions`. */
  requests: () => string[];
  timers: () => number;
}

/** Runs a test in virtual time, with a fake and a client of it. */
export function inWorld<T>(
  models: Record<string, FakeModel>,
  run: (world: World) => Promise<T>,
  options: { fake?: Partial<FakeOptions>; client?: ClientOptions } = {},
): Promise<T> {
  return withFakeTime(async (time) => {
    await using fake = new FakeReplicate({ models, ...options.fake });
    const client = new Client({ auth: "r8_test", fetch: fake.fetch, ...options.client });
    const requests = () => fake.requests.map(({ method, path }) => `${method} ${path}`);
    return await run({
      fake,
      client,
      requests,
      elapsed: () => time.elapsed(),
      timers: () => time.timers,
    });
  });
}

/** An official model that takes `ms` milliseconds. */
export const taking = (ms: number, output: unknown = "done"): FakeModel => ({
  official: true,
  run: async (_, job) => {
    await job.sleep(ms);
    return output;
  },
});

/** An official model that yields these items, each after `ms` milliseconds. */
export const yielding = (
  items: readonly unknown[],
  ms = 100,
  more: Partial<FakeModel> = {},
): FakeModel => ({
  official: true,
  run: async function* (_, job) {
    for (const item of items) {
      await job.sleep(ms);
      if (item instanceof Error) throw item;
      yield item;
    }
  },
  ...more,
});

/** The number of cancels that were sent. */
export const cancels = (requests: string[]): number =>
  requests.filter((request) => request.endsWith("/cancel")).length;

/** The number of predictions that were created. */
export const creates = (requests: string[]): number =>
  requests.filter((request) => /^POST .*\/predictions$/.test(request)).length;
