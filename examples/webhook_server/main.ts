/**
 * A server that verifies webhooks, and handles each of them once. It asks Replicate for the signing
 * secret, starts a run whose webhook comes here, and ends when that has come.
 *
 * Replicate needs a public `https:` URL: give it as WEBHOOK_URL, with the path and query of your choice.
 */

import { Client } from "@x/replicate";
import { webhookHandler } from "@x/replicate/webhooks";

const client = new Client();
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

const port = Number(Deno.env.get("PORT") ?? 8000);
await using server = Deno.serve({ hostname: "127.0.0.1", port }, handler);

const local = `http://127.0.0.1:${server.addr.port}/webhooks/replicate?order=7`;
const webhook = Deno.env.get("WEBHOOK_URL") ?? local;
const job = await client.start("meta/meta-llama-3-8b-instruct", {
  input: { prompt: "rain" },
  webhook,
});
// The run is nobody's here: its webhook brings the result.
job.detach();
await finished.promise;
