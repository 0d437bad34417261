/** `proxyHandler`, the proxy between pages and Replicate. */

import { pageHandler } from "./page_handler.ts";
import { PageProxy } from "./page_proxy.ts";
import type { ProxyOptions } from "./proxy_options.ts";
import type { Handler } from "./types.ts";

/**
 * Creates a handler that stands between the pages of your site and Replicate, whose API browsers cannot
 * call. It adds your token, and lets through what you allow: running some models, and reading, streaming
 * and canceling those runs. Everything else is refused with 403.
 *
 * A page uses the same `Client`, with `baseUrl: "/api/replicate"` and no token. If the page has left by
 * the time its run is created, the run is canceled.
 *
 * Behind `node:http`, Express, Fastify or Next, wrap it in {@linkcode toNodeHandler}.
 *
 * @throws {TypeError | RangeError} If an option cannot be used, or the handler is called with no `Request`.
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
  const { allow, onError } = options;
  return pageHandler((request, context) => proxy.answer(request, context), allow, onError);
}
