import { assertEquals, assertThrows } from "@std/assert";
import { checkStore } from "../../src/batch/cost_store.ts";
import { costMeter } from "../../src/batch/cost.ts";
import { costOf } from "../../src/batch/job_cost.ts";

const price = { perRun: 0, metrics: [["predict_time", 2]] } as never;

const cost = (more: Record<string, unknown>) =>
  costOf({ id: "p1", status: "succeeded", metrics: { predict_time: 3 }, ...more } as never, price);

Deno.test("costOf() believes no predict_time that is longer than the run was", () => {
  const started_at = "2026-01-01T00:00:00.000Z";
  assertEquals(cost({ started_at, completed_at: "2026-01-01T00:00:03.000Z" }), { amount: 6 });
  assertEquals(cost({ started_at, completed_at: "2026-01-01T00:00:01.000Z" }), {
    amount: 0,
    unknown: "its predict_time is 3 s, and it ran for 1 s",
  });
  for (const times of [{}, { started_at }, { completed_at: started_at }]) {
    assertEquals(cost(times), { amount: 6 });
  }
});

Deno.test("costOf() says why a metric does not count", () => {
  const why = (metrics: unknown) => cost({ metrics }).unknown;
  assertEquals(why(undefined), "it has no predict_time");
  assertEquals(why(null), "it has no predict_time");
  assertEquals(why({ predict_time: "3" }), "its predict_time is no number");
  assertEquals(why({ predict_time: -1 }), "its predict_time is -1");
  assertEquals(cost({ status: "canceled" }), { amount: 0 });
});

Deno.test("costOf() of a meter names what it has no price for", () => {
  const meter = costMeter({ prices: { models: { "acme/x": { perRun: 1 } } } });
  const why = (job: Record<string, unknown>, ref?: string) =>
    meter.costOf({ id: "p1", status: "succeeded", ...job } as never, ref as never).unknown;
  assertEquals(why({ model: "acme/y" }), "there is no price for acme/y");
  assertEquals(why({ deployment: "acme/live" }), "there is no price for acme/live");
  assertEquals(why({ version: "v1" }), "there is no price for v1");
  assertEquals(why({ model: "acme/y" }, "acme/z"), "there is no price for acme/z");
  for (const job of [undefined, {}, { id: "p1" }]) {
    assertThrows(() => meter.costOf(job as never), TypeError, "give a prediction or a training");
  }
});

Deno.test("checkStore() refuses what cannot keep a budget", () => {
  for (const store of [undefined, null, {}, { get: () => {} }]) {
    assertThrows(() => checkStore(store as never), TypeError, "it needs get and update");
  }
});

Deno.test("record() counts a job that says neither its model nor its time", async () => {
  const meter = costMeter({ prices: { models: { "acme/x": { perRun: 1 } } } });
  await meter.record({ id: "p1", status: "succeeded" } as never);
  await meter.record({ id: "p2", status: "succeeded", deployment: "acme/live" } as never);
  await meter.record({ id: "p3", status: "succeeded", model: "acme/x" } as never);
  const { amount, runs } = await meter.total();
  assertEquals([amount, runs], [1, 3]);
});
