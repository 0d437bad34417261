/** Runs the checks in a worker when it gets a request, whose body says where the servers are. */

import * as replicate from "@x/replicate";
import * as webhooks from "@x/replicate/webhooks";
import { runChecks } from "./checks.ts";

/** What workerd calls. */
const worker: { fetch(request: Request): Promise<Response> } = {
  async fetch(request) {
    return Response.json({
      results: await runChecks({ ...await request.json(), replicate, webhooks }),
    });
  },
};

export default worker;
