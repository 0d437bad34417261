import { assert, assertEquals, assertThrows } from "@std/assert";
import { BudgetExceededError, costMeter, type CostMeterOptions } from "../../src/batch/cost.ts";
import { ReplicateError } from "../../src/errors.ts";
import type { Prediction } from "../../src/resources/predictions.ts";
import { inWorld, sleep } from "../run/world.ts";

let count = 0;

/** A job that ended, and what it used. */
function ended(metrics: Record<string, unknown>, more: Partial<Prediction> = {}): Prediction {
  const id = `job${count++}`;
  const job = { id, model: "acme/x", version: "v", input: {}, status: "succeeded", metrics };
  return { ...job, created_at: "", urls: {}, ...more } as Prediction;
}

Deno.test("costMeter() adds up what jobs cost, by tag", () => {
  const meter = costMeter({
    prices: {
      "acme/x": { perSecond: 0.5 },
      "acme/llm": { perMetric: { token_input_count: 0.01, token_output_count: 0.1 } },
      "acme/painter": { perRun: 2 },
    },
  });
  meter.begin({ model: "acme/x", tag: "a" }).end(ended({ predict_time: 4 }));
  meter.begin({ model: "acme/x:v", tag: "b" }).end(ended({ predict_time: 2 }));
  const tokens = { token_input_count: 100, token_output_count: 5 };
  meter.begin({ model: "acme/llm", tag: "b" }).end(ended(tokens));
  meter.begin({ model: "acme/painter" }).end(ended({}));
  meter.begin({ model: "acme/painter" }).end(
    ended({}, { status: "failed" } as Partial<Prediction>),
  );
  assertEquals(meter.totals(), {
    a: { amount: 2, runs: 1, unknown: 0 },
    b: { amount: 2.5, runs: 2, unknown: 0 },
    "": { amount: 2, runs: 2, unknown: 0 },
  });
  assertEquals(meter.total(), { amount: 6.5, runs: 5, unknown: 0 });
  assertEquals(meter.total("nobody"), { amount: 0, runs: 0, unknown: 0 });
});

Deno.test("costMeter() takes numbers that cannot be right as unknown, not as money", () => {
  const wrong = [-3, NaN, Infinity, "4", null, undefined];
  const meter = costMeter({ prices: { "acme/x": { perSecond: 1, perRun: 0.25 } } });
  for (const time of wrong) {
    meter.begin({ model: "acme/x" }).end(ended({ predict_time: time }));
  }
  meter.begin({ model: "acme/x" }).end();
  meter.begin({ model: "acme/free" }).end(ended({ predict_time: 1 }, { model: "acme/free" }));
  // What a run costs besides is known.
  assertEquals(meter.total(), { amount: 1.5, runs: 8, unknown: 8 });
});

Deno.test("costMeter() refuses what would pass the budget, and counts what runs as spent", () => {
  const meter = costMeter({ prices: { "acme/x": { perSecond: 1, estimate: 2 } }, budget: 5 });
  const first = meter.begin({ model: "acme/x" });
  const second = meter.begin({ model: "acme/x" });
  const error = assertThrows(() => meter.begin({ model: "acme/x" }), BudgetExceededError);
  assert(error instanceof ReplicateError);
  const { name, budget, spent, reserved, estimate } = error;
  assertEquals([name, budget, spent, reserved, estimate], ["BudgetExceededError", 5, 0, 4, 2]);
  assertEquals(
    error.message,
    "Cannot run acme/x: it would pass the budget of 5, as 0 is spent, 4 is expected for what " +
      "runs, and 2 for this",
  );
  first.end(ended({ predict_time: 1 }));
  second.drop();
  second.end(ended({ predict_time: 100 }));
  assertEquals(meter.total(), { amount: 1, runs: 1, unknown: 0 });
  meter.begin({ model: "acme/x" });
  meter.begin({ model: "acme/x" });
  assertThrows(() => meter.begin({ model: "acme/x" }), BudgetExceededError);
});

Deno.test("costMeter() can spend a budget to the last cent, whatever floating point makes of it", () => {
  const meter = costMeter({ prices: { "acme/x": { perRun: 0.1 } }, budget: 0.3 });
  for (let run = 0; run < 3; run++) meter.begin({ model: "acme/x" }).end(ended({}));
  assertThrows(() => meter.begin({ model: "acme/x" }), BudgetExceededError);
});

Deno.test("costMeter() estimates by the mean of what is known, and stops when all is spent", () => {
  const meter = costMeter({ prices: { "acme/x": { perSecond: 1 } }, budget: 10 });
  meter.begin({ model: "acme/x" }).end(ended({ predict_time: 2 }));
  meter.begin({ model: "acme/x" }).end(ended({ predict_time: 4 }));
  meter.begin({ model: "acme/x" });
  const error = assertThrows(
    () => {
      for (;;) meter.begin({ model: "acme/x" });
    },
    BudgetExceededError,
  );
  assertEquals([error.spent, error.reserved, error.estimate], [6, 3, 3]);

  const blind = costMeter({ prices: { "*": { perSecond: 1 } }, budget: 1 });
  blind.begin({ model: "acme/y" }).end(ended({ predict_time: 1 }));
  assertThrows(() => blind.begin({ model: "acme/z" }), BudgetExceededError);
});

Deno.test("costMeter() counts a job that is told of twice once", () => {
  const meter = costMeter({ prices: { "acme/x": { perSecond: 1 } } });
  const job = ended({ predict_time: 1 });
  meter.add(job, { tag: "hook" });
  meter.add(job, { tag: "hook" });
  meter.begin({ model: "acme/x" }).end(job);
  assertEquals(meter.totals(), { hook: { amount: 1, runs: 1, unknown: 0 } });
});

Deno.test("costMeter() does not run against a budget what it has no price for", () => {
  const meter = costMeter({ prices: { "acme/x": { perRun: 1 } }, budget: 10 });
  assertThrows(() => meter.begin({ model: "acme/y" }), TypeError, "there is no price for acme/y");
  assertThrows(() => meter.begin({ model: "toString" }), TypeError, "no price");
});

Deno.test("costMeter() refuses prices and budgets that cannot be meant", () => {
  const wrong: [unknown, string][] = [
    [{ prices: {}, budget: -1 }, "Cannot use -1 as budget: give an amount of 0 or more"],
    [{ prices: {}, budget: NaN }, "Cannot use NaN as budget"],
    [{ prices: { "acme/x": { perSecond: -1 } } }, 'Cannot use -1 as prices["acme/x"].perSecond'],
    [{ prices: { "acme/x": { perMetric: { n: "1" } } } }, 'Cannot use 1 as prices["acme/x"].n'],
    [{ prices: { "acme/x": {} } }, "it has none of perSecond, perRun and perMetric"],
    [{ prices: { "acme/x": 5 } }, "give { perSecond }, { perRun } or both"],
    [{}, "give prices"],
  ];
  for (const [options, message] of wrong) {
    assertThrows(() => costMeter(options as CostMeterOptions), Error, message);
  }
});

Deno.test("batch() sends no create that would pass the budget, and gives the others", async () => {
  const run = (_: unknown, job: { sleep(ms: number): Promise<void> }) => job.sleep(1000);
  await inWorld({ "acme/x": { official: true, run } }, async ({ client, fake }) => {
    const prices = { "acme/x": { perSecond: 1, estimate: 1 } };
    const meter = costMeter({ prices, budget: 3 });
    const inputs = Array.from({ length: 6 }, (_, n) => ({ n }));
    const tag = ({ n }: { n?: number }): string => n! % 2 ? "odd" : "even";
    const results = await Array.fromAsync(
      client.batch("acme/x", inputs, { meter, tag, concurrency: 4 }),
    );
    const refused = results.filter(({ status }) => status === "rejected");
    assert(
      refused.every((it) => it.status === "rejected" && it.reason instanceof BudgetExceededError),
    );
    assertEquals([results.length, refused.length, fake.predictions.size], [6, 3, 3]);
    const { amount, ...rest } = meter.total();
    assertEquals([amount, rest], [3, { runs: 3, unknown: 0 }]);
    assertEquals(meter.total("even").runs + meter.total("odd").runs, 3);
  });
});

Deno.test("batch() counts runs that failed or were run again, and not those that were refused", async () => {
  let runs = 0;
  const run = async (_: unknown, job: { sleep(ms: number): Promise<void> }) => {
    await job.sleep(2000);
    if (++runs === 1) throw new Error("CUDA out of memory");
  };
  const faults = [{ match: { method: "POST", nth: 3 }, status: 402 }];
  await inWorld({ "acme/x": { official: true, run } }, async ({ client }) => {
    const meter = costMeter({ prices: { "acme/x": { perSecond: 1, estimate: 2 } }, budget: 100 });
    const rerun = { attempts: 2, on: ["memory" as const] };
    const options = { meter, rerun, concurrency: 1 };
    const results = await Array.fromAsync(client.batch("acme/x", [{}, {}], options));
    assertEquals(results.map(({ status }) => status), ["fulfilled", "rejected"]);
    assertEquals(meter.total(), { amount: 4, runs: 2, unknown: 0 });
  }, { fake: { faults } });
});

Deno.test("batch() counts what it has left as unknown, and what was never sent not at all", async () => {
  const run = (_: unknown, job: { sleep(ms: number): Promise<void> }) => job.sleep(60_000);
  const rateLimit = { create: { perMinute: 6, burst: 1 } };
  await inWorld({ "acme/x": { official: true, run } }, async ({ client, fake }) => {
    const meter = costMeter({ prices: { "acme/x": { perRun: 1 } }, budget: 4 });
    const signal = AbortSignal.timeout(15_000);
    const options = { meter, signal };
    await Array.fromAsync(client.batch("acme/x", [{}, {}, {}, {}], options)).catch(() => {});
    await sleep(1);
    const created = fake.predictions.size;
    assertEquals(created, 2);
    assertEquals(meter.total(), { amount: 0, runs: created, unknown: created });
    for (let left = 4; left > 0; left--) meter.begin({ model: "acme/x" });
  }, { fake: { rateLimit } });
});
