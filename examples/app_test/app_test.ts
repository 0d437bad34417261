/** Tests of the app: no token, no network, and no waiting. */

import { assertEquals, assertRejects } from "@std/assert";
import { Client, PredictionError } from "@x/replicate";
import { FakeReplicate, withFakeTime } from "@x/replicate/testing";
import { makeCover } from "./app.ts";

/** The models as the app knows them. */
function newFake(): FakeReplicate {
  return new FakeReplicate({
    models: {
      "meta/meta-llama-3-8b-instruct": { official: true, run: () => ["The", " Fig"] },
      "black-forest-labs/flux-schnell": {
        official: true,
        run({ prompt }) {
          if (prompt !== "The Fig") throw new Error("CUDA out of memory");
          return [new File(["an image"], "fig.webp", { type: "image/webp" })];
        },
      },
    },
  });
}

const clientOf = (fake: FakeReplicate): Client =>
  new Client({ auth: "r8_test", fetch: fake.fetch });

Deno.test("makeCover() paints with the title that the model gave", async () => {
  await using fake = newFake();
  const cover = await makeCover(clientOf(fake), "A fig falls far from the tree.");
  assertEquals(cover?.title, "The Fig");
  assertEquals(cover?.image.endsWith("fig.webp"), true);
  fake.assertDone();
});

Deno.test("makeCover() waits for its turn, and pays once, when the server says 429", () =>
  withFakeTime(async (time) => {
    await using fake = newFake();
    fake.fault({ match: { method: "POST" }, status: 429, retryAfter: 30 });
    await makeCover(clientOf(fake), "A fig falls.");
    assertEquals([fake.predictions.size, time.elapsed() >= 30_000], [2, true]);
    fake.assertDone();
  }));

Deno.test("makeCover() returns nothing when the account stays busy", () =>
  withFakeTime(async () => {
    await using fake = newFake();
    fake.fault({ match: { method: "POST" }, status: 429, retryAfter: 30, times: 4 });
    assertEquals(await makeCover(clientOf(fake), "A fig falls."), undefined);
  }));

Deno.test("makeCover() rejects with the reason of the model", async () => {
  await using fake = new FakeReplicate({
    models: {
      "meta/meta-llama-3-8b-instruct": {
        official: true,
        run: () => {
          throw new Error("CUDA out of memory");
        },
      },
    },
  });
  const error = await assertRejects(() => makeCover(clientOf(fake), ""), PredictionError);
  assertEquals(error.kind, "memory");
});
