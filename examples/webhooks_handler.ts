/**
 * A server that verifies webhooks, and handles each of them once.
 *
 * If REPLICATE_API_TOKEN is set, it asks Replicate for the signing secret; otherwise an embedded fake
 * takes the place of Replicate, and sends its webhooks here.
 *
 * Run it with `deno run --allow-net --allow-env examples/webhooks_handler.ts`.
 */

import { Client } from "../mod.ts";
import { FakeReplicate } from "../src/testing/mod.ts";
import { webhookHandler } from "../src/webhooks/mod.ts";

const token = Deno.env.get("REPLICATE_API_TOKEN");
await using fake = new FakeReplicate({
  models: { "demo/poet": { official: true, run: () => ["Rain", " taps"] } },
});
const client = token ? new Client(token) : new Client({ auth: "r8_demo", fetch: fake.fetch });
const finished = Promise.withResolvers<void>();

const handler = webhookHandler({
  client,
  on: {
    output: (prediction) => console.log("output so far:", prediction.output),
    completed: (prediction, { id, url }) => {
      console.log(`${id} for ${url.search}: ${prediction.status}`, prediction.output);
      finished.resolve();
    },
    failed: (prediction) => console.log("failed:", prediction.error),
  },
});

const server = Deno.serve({ hostname: "127.0.0.1", port: token ? 8000 : 0 }, handler);
if (!token) {
  // Replicate itself needs a public `https:` URL.
  const webhook = `http://127.0.0.1:${server.addr.port}/webhooks/replicate?order=7`;
  await client.predictions.create({ version: "demo/poet", input: {}, webhook });
  await finished.promise;
  await server.shutdown();
}
