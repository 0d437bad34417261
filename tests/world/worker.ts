/** A worker that keeps its client between requests, for `worker_test.ts`. */

import { Client } from "../../src/client.ts";
import { webhookHandler } from "../../src/webhooks/mod.ts";

let client: Client | undefined;
let handler: ReturnType<typeof webhookHandler> | undefined;

/** The worker, as workerd calls it. */
const worker: { fetch(request: Request): Promise<Response> } = {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const baseUrl = searchParams.get("api") ?? "";
    client ??= new Client({ auth: "r8_test", baseUrl });
    if (pathname === "/webhook") {
      const completed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));
      handler ??= webhookHandler({ client, on: { completed } });
      return await handler(request);
    }
    const model = searchParams.get("model") as "acme/poet";
    const output = await client.run(model, { input: { text: searchParams.get("text") } });
    return new Response(String(output));
  },
};

export default worker;
