/** Replicate calls this when a run has ended, also when the visitor has left by then. */

import { webhookHandler } from "@x/replicate/webhooks";
import { client, results } from "../../../lib/replicate";

const handler = webhookHandler({
  client,
  on: {
    completed: ({ id, status, output }) => {
      results.set(id, { id, status, output });
    },
  },
});

export const dynamic = "force-dynamic";
export { handler as POST };
