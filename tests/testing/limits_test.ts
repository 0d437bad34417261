import { assertEquals } from "@std/assert";
import { FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { ask, create } from "./helpers.ts";

Deno.test("rate limits let a burst in, then so many a minute, and say when there is room", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({
      models: { "acme/open": { run: () => 1 } },
      rateLimit: { create: { perMinute: 6, burst: 2 }, read: { perMinute: 3_000 } },
    });
    const attempt = async (): Promise<unknown[]> => {
      const { status, headers } = await create(fake, "acme/open");
      return [status, headers.get("ratelimit-remaining"), headers.get("ratelimit-reset")];
    };
    assertEquals(await attempt(), [201, "1", "1"]);
    assertEquals(await attempt(), [201, "0", "10"]);
    await time.tick(4_000);
    const { status, headers, json } = await create(fake, "acme/open");
    assertEquals([status, json.retry_after, headers.get("retry-after")], [429, 6, null]);
    assertEquals(json.detail, "Request was throttled. Your rate limit resets in ~6s.");
    await time.tick(6_000);
    assertEquals(await attempt(), [201, "0", "10"]);
    assertEquals((await ask(fake, "GET", "/account")).headers.get("ratelimit-remaining"), "2999");
    assertEquals((await ask(fake, "GET", "/files")).headers.has("ratelimit-remaining"), false);
    assertEquals(fake.predictions.size, 3);
  });
});

Deno.test("rate limits can put the wait into a header too, and are off unless asked for", async () => {
  await using strict = new FakeReplicate({
    models: {},
    rateLimit: { read: { perMinute: 60, burst: 1 }, retryAfterHeader: true },
  });
  await ask(strict, "GET", "/account");
  assertEquals((await ask(strict, "GET", "/account")).headers.get("retry-after"), "1");
  await using free = new FakeReplicate({ models: {} });
  assertEquals((await ask(free, "GET", "/account")).headers.has("ratelimit-remaining"), false);
});
