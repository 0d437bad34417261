import { assert, assertEquals } from "@std/assert";
import type { RateLimit } from "../../src/testing/types.ts";
import { inWorld, taking } from "../run/world.ts";

/** The course of a batch that the server limits, and of a run beside it that is polled every 5 s. */
async function batchOf(
  count: number,
  rateLimit: RateLimit,
): Promise<{ fulfilled: number; refused: number; elapsed: number; slowestLook: number }> {
  const models = { "acme/x": taking(0), "acme/slow": taking(24 * 60 * 60_000) };
  return await inWorld(models, async ({ client, fake, elapsed }) => {
    const { id } = fake.predict("acme/slow", {});
    const left = new AbortController();
    const { signal } = left;
    const looking = client.wait(id, { interval: 5000, signal }).catch(() => {});
    const inputs = Array.from({ length: count }, (_, n) => ({ n }));
    let fulfilled = 0;
    for await (const { status } of client.batch("acme/x", inputs)) {
      if (status === "fulfilled") fulfilled++;
    }
    const took = elapsed();
    left.abort();
    await looking;
    const looks = fake.requests.filter(({ path }) => path === `/predictions/${id}`).map((it) =>
      it.at
    );
    const gaps = looks.slice(1).map((at, index) => at - looks[index]!);
    assert(looks.length > took / 5100, `${looks.length} looks`);
    return {
      fulfilled,
      refused: fake.requests.filter(({ status }) => status === 429).length,
      elapsed: took,
      slowestLook: Math.max(...gaps),
    };
  }, { fake: { rateLimit } });
}

Deno.test("batch() creates 1,000 at 600 a minute in the time it takes, with one 429 at most", async () => {
  const rateLimit = { create: { perMinute: 600, burst: 10 }, read: { perMinute: 3000 } };
  const { fulfilled, refused, elapsed, slowestLook } = await batchOf(1000, rateLimit);
  const ideal = (1000 - 10) / 600 * 60_000;
  assertEquals(fulfilled, 1000);
  assert(refused <= 1, `${refused} refused`);
  assert(elapsed < ideal * 1.05, `took ${elapsed}, ideal ${ideal}`);
  assert(slowestLook < 5500, `${slowestLook} between two looks`);
});

Deno.test("batch() creates at 6 a minute with a burst of 1 in the time it takes, with one 429 at most", async () => {
  const rateLimit = { create: { perMinute: 6, burst: 1 }, read: { perMinute: 3000 } };
  const { fulfilled, refused, elapsed, slowestLook } = await batchOf(60, rateLimit);
  const ideal = 59 * 10_000;
  assertEquals(fulfilled, 60);
  assert(refused <= 1, `${refused} refused`);
  assert(elapsed < ideal * 1.05, `took ${elapsed}, ideal ${ideal}`);
  assert(slowestLook < 5500, `${slowestLook} between two looks`);
});

Deno.test("run() 20 times at once gets through a server that admits one create per 200 ms", async () => {
  let admittedAt = -Infinity;
  await inWorld({ "acme/x": taking(1000) }, async ({ client, fake, elapsed, requests }) => {
    const strict = client.with({
      fetch: async (input, init) => {
        const isCreate = init?.method === "POST" && String(input).endsWith("/predictions");
        if (isCreate && Date.now() - admittedAt < 200) {
          refusals++;
          const headers = { "retry-after": "1" };
          return Response.json({ detail: "throttled", status: 429 }, { status: 429, headers });
        }
        if (isCreate) admittedAt = Date.now();
        return await fake.fetch(input, init);
      },
    });
    let refusals = 0;
    const runs = Array.from({ length: 20 }, (_, n) => strict.run("acme/x", { input: { n } }));
    assertEquals(await Promise.all(runs), Array(20).fill("done"));
    assert(elapsed() < 30_000, `took ${elapsed()}`);
    const count = requests().length + refusals;
    assert(count < 60, `${count} requests`);
  });
});
