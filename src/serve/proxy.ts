/** The proxy for pages, as a handler. */

import { PageProxy } from "./page_proxy.ts";
import type { ProxyOptions } from "./proxy_options.ts";
import type { Handler } from "./types.ts";

/**
 * A handler between the pages of your site and Replicate, whose API browsers cannot call. It adds the
 * token, and lets through only what is allowed: running some models, looking at these runs, canceling
 * and streaming them. Everything else is refused with 403.
 *
 * A page uses the same `Client`, with `baseUrl: "/api/replicate"` and without a token. If the page is
 * gone by the time its run is made, the run is canceled.
 *
 * @throws {TypeError | RangeError} If an option cannot be used.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { proxyHandler } from "@x/replicate/serve";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = (input: { text?: unknown }) => `Hello, ${input.text}`;
 * await using fake = new FakeReplicate({ models: { "acme/hello": { official: true, run } } });
 *
 * // On the server: Deno.serve(handler)
 * const handler = proxyHandler({
 *   client: new Client({ auth: "r8_secret", fetch: fake.fetch }),
 *   allow: { models: ["acme/hello"], limit: { runs: 10, per: "1m" } },
 * });
 *
 * // In the page: new Client({ baseUrl: "/api/replicate" })
 * const page = new Client({
 *   auth: "none",
 *   baseUrl: "https://example.com/api/replicate",
 *   fetch: (input, init) => handler(new Request(input, init)),
 * });
 * assertEquals(await page.run("acme/hello", { input: { text: "Ada" } }), "Hello, Ada");
 * ```
 */
export function proxyHandler(options: ProxyOptions): Handler {
  const proxy = new PageProxy(options);
  return (request, context) => proxy.answer(request, context);
}
