/** The fake's webhooks, with all that goes wrong with them, against the handler. */

import { assert, assertEquals } from "@std/assert";
import { Client } from "../../mod.ts";
import { FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { webhookHandler } from "../../src/webhooks/mod.ts";

Deno.test("webhookHandler() handles the fake's webhooks once each, doubled and out of order", async () => {
  for (const webhooks of [{ copies: 1 }, { copies: 3 }, { copies: 2, reorder: true }]) {
    await withFakeTime(async () => {
      let deliver: (request: Request) => Promise<Response> = () => Promise.reject(new Error());
      await using fake = new FakeReplicate({
        models: {
          "acme/x": {
            official: true,
            run: async function* (_, job) {
              for (const word of ["a", "b", "c"]) {
                await job.sleep(1000);
                yield word;
              }
            },
          },
        },
        webhooks: { ...webhooks, deliver: (request) => deliver(request) },
      });
      const client = new Client({ auth: "r8_test", fetch: fake.fetch });
      const seen: string[] = [];
      const handler = webhookHandler({
        client,
        on: {
          output: ({ output }) => void seen.push(`output ${(output as string[]).length}`),
          completed: ({ status }) => void seen.push(`completed ${status}`),
        },
      });
      deliver = (request) => handler(request);
      await client.run("acme/x", { input: {}, webhook: "https://example.com/hook" });
      await fake.webhooksSettled();
      assert(fake.deliveries.every(({ status }) => status !== undefined && status < 300));
      assertEquals(new Set(seen).size, seen.length, `each once: ${seen.join()}`);
      assertEquals(seen.at(-1), "completed succeeded");
      assertEquals(fake.requests.filter(({ path }) => path.endsWith("/secret")).length, 1);
    });
  }
});
