/** Lists the examples of a model: `client.models.examples`. */

import { path } from "../base/path.ts";
import { type ListOptions, Pages } from "./pages.ts";
import type { Prediction } from "./predictions.ts";
import { type NameArgs, namesOf } from "./names.ts";
import { Resource } from "./resource.ts";

/**
 * Predictions that the owner of a model has saved to show what it does.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/echo": { examples: [{ input: { text: "hi" }, output: "hi" }] } },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const { results } = await client.models.examples.list("acme", "echo");
 * assertEquals(results.map(({ output }) => output), ["hi"]);
 * ```
 */
export class ModelExamplesApi extends Resource {
  /**
   * Lists the examples of a model.
   *
   * @throws {ApiError} 404 if there is no such model.
   */
  readonly list: {
    (owner: string, name: string, options?: ListOptions): Pages<Prediction>;
    /** The same, by `"owner/name"`. */
    (model: string, options?: ListOptions): Pages<Prediction>;
  } = (...args: NameArgs<ListOptions>) =>
    // The names are looked at when the list is asked for: what is wrong rejects.
    new Pages(this.send, () => {
      const [owner, name, { cursor, ...options } = {}] = namesOf(args);
      return {
        method: "GET",
        path: path`/models/${owner}/${name}/examples`,
        query: { cursor },
        action: `list examples of ${owner}/${name}`,
        options,
      };
    });
}
