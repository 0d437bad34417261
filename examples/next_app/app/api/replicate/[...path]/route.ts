/** The API for the page: it adds the token, and lets the page run two models and upload pictures. */

import { proxyHandler } from "@x/replicate/serve";
import { client } from "../../../../lib/replicate";

// Such as https://example.com: Replicate must be able to reach it.
const host = process.env.WEBHOOK_HOST;

const handler = proxyHandler({
  client,
  allow: {
    models: ["black-forest-labs/flux-kontext-pro", "meta/meta-llama-3-8b-instruct"],
    files: { maxSize: 5 * 1024 * 1024 },
    // Put the id of the user's session here.
    user: () => "visitor",
    limit: { runs: 20, per: "1h" },
  },
  cancelAfter: "5m",
  ...(host && { webhook: `${host}/api/webhook` }),
});

export const dynamic = "force-dynamic";
export { handler as DELETE, handler as GET, handler as POST };
