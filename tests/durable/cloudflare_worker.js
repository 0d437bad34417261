/** The worker of the example, with a workflow as people write it, for `cloudflare_test.ts`. */

import { WorkflowEntrypoint } from "cloudflare:workers";
import example, { clientOf, Paint } from "../../examples/durable_cloudflare.js";
import { durableRun } from "../../src/durable/mod.ts";

export { Paint };

/** A whole run in one step, which the engine runs again. */
export class Naive extends WorkflowEntrypoint {
  async run(event, step) {
    const retries = { limit: 3, delay: 10, backoff: "constant" };
    return await step.do("run", { retries }, async () => {
      const run = clientOf(this.env).run("acme/painter", { input: event.payload });
      return { output: await run.json() };
    });
  }
}

/** The same by `durableRun`, with sleeps of a moment. */
export class Polled extends WorkflowEntrypoint {
  async run(event, step) {
    const input = event.payload;
    const options = { input, interval: 50 };
    return await durableRun(step, clientOf(this.env), "acme/painter", options);
  }
}

/** A run whose webhook does not come. */
export class Deaf extends WorkflowEntrypoint {
  async run(event, step) {
    const options = { input: event.payload, interval: 100, webhook: "https://app.example/nowhere" };
    return await durableRun(step, clientOf(this.env), "acme/painter", options);
  }
}

export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("class");
    if (pathname === "/status") {
      const workflow = await env[name].get(searchParams.get("workflow"));
      return Response.json(await workflow.status());
    }
    if (pathname === "/start") {
      const workflow = await env[name].create({ params: { prompt: searchParams.get("prompt") } });
      return Response.json({ workflow: workflow.id });
    }
    if (pathname === "/nowhere") return new Response(null, { status: 204 });
    return await example.fetch(request, env, context);
  },
};
