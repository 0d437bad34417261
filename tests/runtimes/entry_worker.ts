/** Runs the checks in a worker when it gets a request, whose body says where the servers are. */

import * as replicate from "@x/replicate";
import * as sinks from "@x/replicate/sinks";
import * as webhooks from "@x/replicate/webhooks";
import { runChecks, type Serve } from "./checks.ts";

/** The handler that is served beside the checks, at `/served`. */
let served: Parameters<Serve>[0] | undefined;

/** The worker, as workerd calls it. */
const worker: { fetch(request: Request): Promise<Response> } = {
  async fetch(request) {
    const { origin, pathname } = new URL(request.url);
    if (pathname === "/served") return await served!(request);
    const serve: Serve = (handler) => {
      served = handler;
      return Promise.resolve({ url: `${origin}/served`, close: () => {} });
    };
    return Response.json({
      results: await runChecks({ ...await request.json(), replicate, sinks, webhooks, serve }),
    });
  },
};

export default worker;
