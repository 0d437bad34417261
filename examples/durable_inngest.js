/**
 * Runs a model in a function of Inngest, which sleeps until Replicate calls the webhook.
 *
 * Serve `inngest` and `functions` by `serve` of Inngest, and `webhooks` at `/webhooks`.
 */

import { Inngest, NonRetriableError } from "npm:inngest@4.24.0";
import { Client } from "../mod.ts";
import { durableRun } from "../src/durable/mod.ts";
import { webhookHandler } from "../src/webhooks/mod.ts";

/** Makes the parts of the app. */
export function app({ client = new Client(), origin, ...options }) {
  const inngest = new Inngest({ id: "studio", ...options });
  const paint = inngest.createFunction(
    { id: "paint", triggers: [{ event: "studio/paint" }] },
    async ({ event, step, attempt }) => {
      const { output } = await durableRun(step, client, "acme/painter", {
        input: { prompt: event.data.prompt },
        webhook: `${origin}/webhooks`,
        timeout: "1h",
        retried: attempt > 0,
        nonRetryable: (error) => new NonRetriableError(error.message, { cause: error }),
      });
      return output;
    },
  );
  const webhooks = webhookHandler({
    client,
    on: {
      completed: (job) => inngest.send({ name: "replicate/completed", data: { id: job.id } }),
    },
  });
  return { inngest, functions: [paint], webhooks };
}
