import { assert, assertEquals } from "@std/assert";
import { inWorld, taking } from "./world.ts";

Deno.test("run(), many at once while the server holds its answers, keeps near what the limit allows", async () => {
  // What an answer says of the budget is a second old by then: an empty one has filled up since.
  const cases = [
    { perMinute: 600, burst: 1, runs: 60, within: 20_000 },
    { perMinute: 600, burst: 10, runs: 60, within: 15_000 },
    { perMinute: 600, burst: 600, runs: 60, within: 3000 },
    { perMinute: 6, burst: 1, runs: 6, within: 60_000 },
  ];
  for (const { perMinute, burst, runs, within } of cases) {
    await inWorld(
      { "acme/x": taking(1000) },
      async ({ client, fake, elapsed }) => {
        const run = () => client.run("acme/x", { input: {} });
        await Promise.all(Array.from({ length: runs }, run));
        const refused = fake.requests.filter(({ status }) => status === 429).length;
        assert(elapsed() <= within, `${perMinute}/${burst} took ${elapsed()}`);
        assert(refused <= 3, `${perMinute}/${burst}: ${refused} were refused`);
        assertEquals(fake.predictions.size, runs);
      },
      { fake: { latency: 40, rateLimit: { create: { perMinute, burst } } } },
    );
  }
});
