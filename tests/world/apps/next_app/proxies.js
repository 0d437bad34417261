/** The handlers of the app. A fake takes the place of Replicate. */

import { Client } from "@x/replicate";
import { issueTicket, proxyHandler, ticketHandler } from "@x/replicate/serve";
import { FakeReplicate } from "@x/replicate/testing";

// One for all routes, whichever way they are bundled.
const fake = globalThis.fake ??= new FakeReplicate({
  models: {
    "acme/poet": {
      official: true,
      async *run() {
        yield* ["Rain", " taps"];
      },
    },
  },
});
const client = new Client({ auth: "r8_secret_0123456789", fetch: fake.fetch });
const allow = { models: ["acme/poet"], user: () => "ada" };
const key = "a secret of the server's own";

export const proxy = proxyHandler({ client, allow });
export const trusting = proxyHandler({
  client,
  allow: { ...allow, trustProxy: true },
  path: "/api/trusted",
});
export const watch = ticketHandler({ client, key });

export async function start() {
  const job = await client.start("acme/poet", { input: {} });
  return Response.json({ ticket: await issueTicket(job.detach(), { key }) });
}
