/** Runs a model as a workflow of Cloudflare: `wrangler.toml` names the class as the workflow WORKFLOW. */

import { WorkflowEntrypoint } from "cloudflare:workers";
import { Client } from "../mod.ts";
import { durableEvent, durableRun } from "../src/durable/mod.ts";
import { webhookHandler } from "../src/webhooks/mod.ts";

/** The workflow. It sleeps until Replicate calls the webhook. */
export class Paint extends WorkflowEntrypoint {
  async run(event, step) {
    const client = clientOf(this.env);
    const { id, output } = await durableRun(step, client, "acme/painter", {
      input: { prompt: event.payload.prompt },
      webhook: `${this.env.ORIGIN}/webhook?workflow=${event.instanceId}`,
      timeout: "1h",
    });
    // Replicate deletes the files of an output after an hour: keep them in a step of its own, by the URLs.
    return { id, output };
  }
}

export default {
  async fetch(request, env, context) {
    const url = new URL(request.url);
    if (url.pathname === "/webhook") {
      const wake = async (job, delivery) => {
        const workflow = await env.WORKFLOW.get(delivery.url.searchParams.get("workflow"));
        await workflow.sendEvent({ type: durableEvent(job.id), payload: { id: job.id } });
      };
      const handler = webhookHandler({ client: clientOf(env), on: { completed: wake } });
      return await handler(request, context);
    }
    const workflow = await env.WORKFLOW.create({
      params: { prompt: url.searchParams.get("prompt") },
    });
    return Response.json({ workflow: workflow.id });
  },
};

/** A client for a workflow or a request: nothing of it is kept. */
export function clientOf(env) {
  return new Client({ auth: env.REPLICATE_API_TOKEN, baseUrl: env.REPLICATE_BASE_URL });
}
