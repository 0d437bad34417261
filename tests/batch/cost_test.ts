import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "npm:fast-check@4.11.0";
import { BudgetExceededError } from "../../src/batch/budget.ts";
import { costMeter } from "../../src/batch/cost.ts";
import type { CostMeterOptions } from "../../src/batch/cost_types.ts";
import type { CostStore } from "../../src/batch/types.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { withFakeTime } from "../../src/testing/mod.ts";
import { ReplicateError } from "../../src/errors.ts";
import type { Prediction } from "../../src/resources/predictions.ts";

let count = 0;

/** Two sums that are the same but for the errors of adding up. */
function near(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

/** A job that ended, and what it used. */
function ended(metrics: Record<string, unknown>, more: object = {}): Prediction {
  const id = `job${count++}`;
  const job = { id, model: "acme/x", version: "v", input: {}, status: "succeeded", metrics };
  const times = { created_at: "2026-01-31T23:59:00Z", started_at: "2026-01-31T23:59:01Z" };
  return { ...job, ...times, urls: {}, ...more } as Prediction;
}

const models = (prices: object, budget?: CostMeterOptions["budget"], store?: CostStore) =>
  costMeter({ prices: { models: prices } as CostMeterOptions["prices"], budget, store });

/** The sums of a total that most tests look at. */
const sums = async (total: Promise<{ amount: number; runs: number; unknownRuns: number }>) => {
  const { amount, runs, unknownRuns } = await total;
  return [amount, runs, unknownRuns];
};

Deno.test("costMeter() prices a job by its model, its version, its deployment and its hardware", async () => {
  const meter = costMeter({
    prices: {
      hardware: { "gpu-t4": 0.25, "gpu-a100": 4 },
      models: {
        "acme/x": { hardware: "gpu-t4" },
        "acme/x:v2": { predict_time: 1 },
        "acme/llm": { input_token_count: 0.01, output_token_count: 0.1 },
        "acme/painter": { perRun: 2, image_count: 0.5 },
        "*": { perRun: 7 },
      },
      deployments: { "acme/app": { hardware: "gpu-a100" } },
    },
  });
  const cases: [Prediction, number][] = [
    [ended({ predict_time: 4 }), 1],
    [ended({ predict_time: 4 }, { version: "v2" }), 4],
    [ended({ predict_time: 4 }, { deployment: "acme/app" }), 16],
    [ended({ predict_time: 4 }, { deployment: "acme/other" }), 1],
    [ended({ input_token_count: 100, output_token_count: 5 }, { model: "acme/llm" }), 1.5],
    [ended({ image_count: 3 }, { model: "acme/painter" }), 3.5],
    [ended({ image_count: 3 }, { model: "acme/painter", status: "failed" }), 1.5],
    [ended({}, { model: "acme/other" }), 7],
  ];
  for (const [job, amount] of cases) assertEquals(meter.costOf(job), { amount });
  // Where the job does not tell by what it was created.
  const job = ended({ predict_time: 1 }, { model: undefined });
  assertEquals(meter.costOf(job, { deployment: "acme/app" }), { amount: 4 });
  assertEquals(await sums(meter.total()), [0, 0, 0]);
});

Deno.test("costMeter() adds up by tag and by day", async () => {
  const meter = models({ "acme/x": { predict_time: 0.5 } });
  await meter.record(ended({ predict_time: 4 }), { tag: "a" });
  await meter.record(ended({ predict_time: 2 }), { tag: "b" });
  const next = { created_at: "2026-02-01T00:00:00Z" };
  await meter.record(ended({ predict_time: 1 }, next), { tag: "b" });
  await meter.record(ended({ predict_time: -1 }, next));
  assertEquals(await meter.totals(), [
    { day: "2026-01-31", tag: "a", amount: 2, runs: 1, unknownRuns: 0 },
    { day: "2026-01-31", tag: "b", amount: 1, runs: 1, unknownRuns: 0 },
    { day: "2026-02-01", tag: "b", amount: 0.5, runs: 1, unknownRuns: 0 },
    { day: "2026-02-01", tag: "", amount: 0, runs: 1, unknownRuns: 1 },
  ]);
  assertEquals(await sums(meter.total()), [3.5, 4, 1]);
  assertEquals(await sums(meter.total({ tag: "b" })), [1.5, 2, 0]);
  assertEquals(await sums(meter.total({ day: "2026-01-31" })), [3, 2, 0]);
  const day = new Date("2026-02-01T23:00:00Z");
  assertEquals(await sums(meter.total({ tag: "b", day })), [0.5, 1, 0]);
  assertEquals(await sums(meter.total({ tag: "toString" })), [0, 0, 0]);
  assertEquals((await meter.totals({ tag: "a" })).length, 1);
});

Deno.test("costMeter() lists jobs whose metrics cannot be right, each with the reason", async () => {
  const meter = models({ "acme/x": { predict_time: 1, perRun: 0.25 } });
  const wall = { started_at: "2026-01-31T00:00:00Z", completed_at: "2026-01-31T00:00:02Z" };
  const cases: [Record<string, unknown>, object, string][] = [
    [{ predict_time: -3 }, {}, "its predict_time is -3"],
    [{ predict_time: NaN }, {}, "its predict_time is NaN"],
    [{ predict_time: Infinity }, {}, "its predict_time is Infinity"],
    [{ predict_time: "4" }, {}, "its predict_time is no number"],
    [{ predict_time: null }, {}, "it has no predict_time"],
    [{}, { metrics: undefined }, "it has no predict_time"],
    [{}, { metrics: null }, "it has no predict_time"],
    [{ predict_time: 2.2 }, wall, "its predict_time is 2.2 s, and it ran for 2 s"],
    [{ predict_time: 1 }, { model: "acme/free" }, "there is no price for acme/free"],
  ];
  for (const [metrics, more] of cases) await meter.record(ended(metrics, more), { tag: "t" });
  const { unknown, ...total } = await meter.total({ tag: "t" });
  assertEquals(unknown.map(({ why }) => why), cases.map(([, , why]) => why));
  assert(unknown.every(({ id, tag, day }) => /^job/.test(id) && tag === "t" && /^2026/.test(day)));
  // The part that a run costs besides is known.
  assertEquals(total, { amount: 2, runs: 9, unknownRuns: 9, open: 0, reserved: 0 });
  assertEquals(await meter.total({ tag: "other" }), {
    amount: 0,
    runs: 0,
    unknownRuns: 0,
    unknown: [],
    open: 0,
    reserved: 0,
  });
  // Times are rounded, so that a little more than the wall time is right.
  assertEquals(meter.costOf(ended({ predict_time: 2.05 }, wall)), { amount: 2.3 });
});

Deno.test("costMeter() lists the latest hundred unknown jobs of a day, and counts all", async () => {
  const meter = models({ "acme/x": { predict_time: 1 } });
  const jobs = Array.from({ length: 105 }, () => ended({}));
  for (const job of jobs) await meter.record(job);
  const { unknown, unknownRuns } = await meter.total();
  assertEquals([unknown.length, unknownRuns], [100, 105]);
  assertEquals(unknown.at(-1)?.id, jobs.at(-1)?.id);
});

Deno.test("costMeter() counts what failed and canceled jobs have used, and nothing of one that never began", async () => {
  const meter = models({ "acme/x": { predict_time: 1, perRun: 10 } });
  for (const status of ["failed", "canceled", "aborted"]) {
    await meter.record(ended({ predict_time: 2 }, { status }));
  }
  await meter.record(ended({}, { status: "canceled", started_at: null, metrics: undefined }));
  assertEquals(await sums(meter.total()), [6, 4, 0]);
});

Deno.test("costMeter() refuses what would pass the budget, with what is set aside counted as spent", async () => {
  const meter = models({ "acme/x": { predict_time: 1, estimate: 2 } }, 5);
  const first = await meter.reserve({ ref: "acme/x" });
  const second = await meter.reserve({ ref: "acme/x", tag: "b" });
  const error = await assertRejects(() => meter.reserve({ ref: "acme/x" }), BudgetExceededError);
  assert(error instanceof ReplicateError);
  const { name, budget, spent, reserved, estimate, day } = error;
  assertEquals([name, budget, spent, reserved, estimate, day], [
    "BudgetExceededError",
    5,
    0,
    4,
    2,
    undefined,
  ]);
  assertEquals(
    error.message,
    "Cannot run acme/x: it would pass the budget of 5, as 0 is spent, 4 is set aside for what " +
      "runs, and 2 is likely for this; " +
      "see https://x.github.io/replicate/errors#budgetexceedederror",
  );
  const { open, reserved: aside } = await meter.total({ tag: "b" });
  assertEquals([open, aside], [1, 2]);
  const job = ended({ predict_time: 1 });
  await first.created(job.id);
  assertEquals((await meter.open()).map(({ id, amount }) => [id, amount]), [
    [job.id, 2],
    [undefined, 2],
  ]);
  await meter.record(job);
  await second.drop();
  await second.drop();
  assertEquals(await sums(meter.total()), [1, 1, 0]);
  await meter.reserve({ ref: "acme/x" });
  await meter.reserve({ ref: "acme/x" });
  await assertRejects(() => meter.reserve({ ref: "acme/x" }), BudgetExceededError);
});

Deno.test("costMeter() keeps a budget for each day, by the day on which a run is created", () =>
  withFakeTime(async () => {
    const meter = models({ "acme/x": { perRun: 1 } }, { perDay: 2, total: 4 });
    const today = new Date().toISOString();
    const [day] = today.split("T");
    const before = { created_at: "2020-01-01T00:00:00Z" };
    await meter.record(ended({}, before));
    await meter.record(ended({}, { created_at: today }));
    const entry = await meter.reserve({ ref: "acme/x" });
    const error = await assertRejects(() => meter.reserve({ ref: "acme/x" }), BudgetExceededError);
    assertEquals([error.day, error.budget, error.spent, error.reserved], [day, 2, 1, 1]);
    assert(error.message.includes(`the budget of 2 for ${day}, as 1 is spent`), error.message);
    await entry.drop();
    await meter.record(ended({}, before));
    await meter.reserve({ ref: "acme/x" });
    assertEquals((await meter.total()).amount, 3);
    await meter.record(ended({}, before));
    const total = await assertRejects(() => meter.reserve({ ref: "acme/x" }), BudgetExceededError);
    assertEquals([total.day, total.budget], [undefined, 4]);
  }));

Deno.test("costMeter() can spend a budget to the last cent, whatever floating point makes of it", async () => {
  const meter = models({ "acme/x": { perRun: 0.1 } }, 0.3);
  for (let run = 0; run < 3; run++) {
    const entry = await meter.reserve({ ref: "acme/x" });
    const job = ended({});
    await entry.created(job.id);
    await meter.record(job);
  }
  await assertRejects(() => meter.reserve({ ref: "acme/x" }), BudgetExceededError);
  const nothing = models({ "acme/x": { predict_time: 1 } }, 0);
  await assertRejects(() => nothing.reserve({ ref: "acme/x" }), BudgetExceededError);
});

Deno.test("costMeter() sets aside the mean of what is known, and a hundredth of the budget before", async () => {
  const meter = models({ "acme/x": { predict_time: 1 } }, 20);
  await meter.reserve({ ref: "acme/x" });
  assertEquals((await meter.total()).reserved, 0.2);
  for (const predict_time of [2, 4]) await meter.record(ended({ predict_time }));
  // Neither a failure nor a cost that is not known tells of others.
  await meter.record(ended({ predict_time: 0.01 }, { status: "failed" }));
  await meter.record(ended({ predict_time: -1 }));
  await meter.reserve({ ref: "acme/x" });
  assertEquals((await meter.total()).reserved, 3.2);
});

Deno.test("costMeter() takes an unknown cost as what was set aside for it, where the budget is kept", async () => {
  const meter = models({ "acme/x": { predict_time: 1, estimate: 2 } }, 5);
  const entry = await meter.reserve({ ref: "acme/x" });
  const job = ended({ predict_time: -1 });
  await entry.created(job.id);
  await meter.record(job);
  await meter.reserve({ ref: "acme/x" });
  const error = await assertRejects(() => meter.reserve({ ref: "acme/x" }), BudgetExceededError);
  assertEquals([error.spent, error.reserved], [2, 2]);
  assertEquals(await sums(meter.total()), [0, 1, 1]);
});

Deno.test("record() counts a job once, however often and from wherever it is told of", async () => {
  const store = memoryStore();
  const price = { "acme/x": { predict_time: 1 } };
  const [one, other] = [models(price, undefined, store), models(price, undefined, store)];
  const job = ended({ predict_time: 1 });
  await Promise.all([one, other, one].map((meter) => meter.record(job, { tag: "hook" })));
  await other.record(job);
  await one.record({ ...job, id: "runs still", status: "processing" });
  for (const meter of [one, other]) {
    assertEquals(await meter.totals(), [
      { day: "2026-01-31", tag: "hook", amount: 1, runs: 1, unknownRuns: 0 },
    ]);
  }
  // Told of before its create was answered.
  const entry = await one.reserve({ ref: "acme/x" });
  const early = ended({ predict_time: 1 });
  await other.record(early);
  await entry.created(early.id);
  assertEquals((await one.total()).open, 0);
});

Deno.test("record() counts a job whole, wherever a process died while it was counted", async () => {
  for (let step = 1; step <= 3; step++) {
    const store = memoryStore();
    let left = Infinity;
    const dying: CostStore = {
      get: (key) => store.get(key),
      update: (key, change) => {
        if (left-- <= 0) throw new Error("the process died");
        return store.update(key, change);
      },
    };
    const meter = models({ "acme/x": { perRun: 1 } }, 2, dying);
    const entry = await meter.reserve({ ref: "acme/x", tag: "a" });
    const job = ended({});
    await entry.created(job.id);
    left = step - 1;
    await assertRejects(() => meter.record(job), Error, "died");
    left = Infinity;
    await meter.record(job);
    await meter.record(job);
    const [row] = await meter.totals();
    assertEquals([row?.tag, row?.amount, row?.runs], ["a", 1, 1]);
    assertEquals((await meter.total()).open, 0);
    await meter.reserve({ ref: "acme/x" });
    await assertRejects(() => meter.reserve({ ref: "acme/x" }), BudgetExceededError);
  }
});

Deno.test("estimate() says what runs are likely to cost, and how sure that is", async () => {
  const meter = costMeter({
    prices: {
      hardware: { cpu: 1 },
      models: {
        "acme/x": { hardware: "cpu" },
        "acme/y": { predict_time: 1, estimate: 3 },
        "acme/fixed": { perRun: 0.5 },
      },
    },
  });
  const none = { amount: undefined, low: undefined, high: undefined, seen: 0 };
  assertEquals(await meter.estimate("acme/x"), { ...none, runs: 1, by: "nothing" });
  const fixed = await meter.estimate("acme/fixed", [{}, {}, {}]);
  assertEquals(fixed, { amount: 1.5, low: 1.5, high: 1.5, runs: 3, by: "price", seen: 0 });
  const given = await meter.estimate("acme/y", new Set([1, 2]));
  assertEquals(given, { ...none, amount: 6, runs: 2, by: "given" });
  await meter.record(ended({ predict_time: 2 }));
  assertEquals((await meter.estimate("acme/x", 10)).low, undefined);
  for (const predict_time of [3, 4]) await meter.record(ended({ predict_time }));
  const { amount, low, high, by, seen } = await meter.estimate("acme/x", 10);
  assertEquals([amount, by, seen], [30, "seen", 3]);
  // The variance of one is 1: that of ten is 10, and that of ten means of three is 100/3.
  near(high! - 30, 1.96 * Math.sqrt(10 + 100 / 3));
  near(30 - low!, high! - 30);
  await assertRejects(() => meter.estimate("acme/z"), TypeError, "there is no price for acme/z");
  await assertRejects(() => meter.estimate("acme/x", -1), RangeError, "the number of runs");
});

Deno.test("costMeter() does not run against a budget what it has no price for", async () => {
  const meter = models({ "acme/x": { perRun: 1 } }, 10);
  await assertRejects(() => meter.reserve({ ref: "acme/y" }), TypeError, "no price for acme/y");
  await assertRejects(
    () => meter.reserve({ ref: { deployment: "acme/x" } }),
    TypeError,
    "Cannot keep to the budget: there is no price for deployment acme/x",
  );
});

Deno.test("costMeter() refuses prices, budgets, stores and filters that cannot be meant", async () => {
  const x = (price: unknown) => ({ prices: { models: { "acme/x": price } } });
  const wrong: [unknown, string][] = [
    [{ prices: {}, budget: -1 }, "Cannot use -1 as budget.total: give an amount of 0 or more"],
    [{ prices: {}, budget: { perDay: NaN } }, "Cannot use NaN as budget.perDay"],
    [{ prices: {}, budget: { perDays: 1 } }, "did you mean perDay?"],
    [{ prices: {}, budget: "5" }, "Cannot use this as budget: give { total }, { perDay } or both"],
    [x({ predict_time: -1 }), 'Cannot use -1 as prices.models["acme/x"].predict_time'],
    [x({ image_count: "1" }), 'Cannot use 1 as prices.models["acme/x"].image_count'],
    [x({}), "give { perRun }, { hardware } or the price of a metric"],
    [x(5), "Cannot use number as prices"],
    [x({ perRuns: 5 }), "there is no option perRuns: did you mean perRun?"],
    [x({ tokenCount: 5 }), "a metric has a name such as predict_time"],
    [x({ hardware: "gpu-t4" }), "give its price in prices.hardware"],
    [
      { prices: { hardware: { "gpu-t4": 1 }, models: { a: { hardware: "t4" } } } },
      'Cannot use "t4" as prices.models["a"].hardware: prices.hardware has "gpu-t4"',
    ],
    [{ prices: { hardware: { "gpu-t4": -1 } } }, 'Cannot use -1 as prices.hardware["gpu-t4"]'],
    [{ prices: { "acme/x": { perRun: 1 } } }, "give it within models or deployments"],
    [{ prices: {}, store: new Map() }, "it needs get and update, as fileCostStore()"],
    [{}, "give prices"],
    [undefined, "give prices"],
  ];
  for (const [options, message] of wrong) {
    assertThrows(() => costMeter(options as CostMeterOptions), Error, message);
  }
  const meter = costMeter({ prices: {} });
  await assertRejects(() => meter.total("a" as never), TypeError, "give a filter as an object");
  await assertRejects(() => meter.total({ tags: "a" } as never), TypeError, "mean tag?");
  for (const day of ["2026", new Date(NaN), 5 as never]) {
    await assertRejects(() => meter.total({ day }), TypeError, 'text such as "2026-01-31"');
  }
  assertThrows(() => meter.costOf({} as never), TypeError, "give a prediction or a training");
  await assertRejects(() => meter.record(undefined as never), TypeError, "Cannot count this job");
  await assertRejects(() => meter.record(ended({}), { tags: "" } as never), TypeError, "tag?");
});

Deno.test("costMeter() totals equal the sum of what was settled, and no budget is passed by what is likely", async () => {
  const step = fc.record({
    kind: fc.constantFrom("reserve", "settle", "drop", "repeat"),
    tag: fc.constantFrom("a", "b", "__proto__"),
    used: fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.constant(-1)),
    meter: fc.nat(1),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const store = memoryStore();
      const price = { "acme/x": { predict_time: 1, estimate: 2 } };
      const meters = [models(price, 20, store), models(price, 20, store)];
      const open: { id: string; tag: string; drop: () => Promise<void> }[] = [];
      const settled: { amount: number; tag: string; isKnown: boolean }[] = [];
      let last: Prediction | undefined;
      for (const { kind, tag, used, meter } of steps) {
        const it = meters[meter]!;
        if (kind === "reserve") {
          const id = `p${count++}`;
          const entry = await it.reserve({ ref: "acme/x", tag }).catch((error) => {
            assert(error instanceof BudgetExceededError);
          });
          if (!entry) continue;
          await entry.created(id);
          open.push({ id, tag, drop: entry.drop });
        } else if (kind === "repeat") {
          if (last) await it.record(last);
        } else {
          const run = open.shift();
          if (kind === "drop") await run?.drop();
          else if (run) {
            last = { ...ended({ predict_time: used }), id: run.id };
            await it.record(last);
            settled.push({ amount: Math.max(0, used), tag: run.tag, isKnown: used >= 0 });
          }
        }
        const total = await meters[1 - meter]!.total();
        near(total.amount, settled.reduce((sum, { amount }) => sum + amount, 0));
        assertEquals([total.runs, total.open, total.reserved], [
          settled.length,
          open.length,
          2 * open.length,
        ]);
        assert(total.amount + total.reserved + 2 * total.unknownRuns <= 20 + 1e-6);
        for (const tag of ["a", "b", "__proto__"]) {
          const own = settled.filter((it) => it.tag === tag);
          const { amount, runs, unknownRuns } = await it.total({ tag });
          near(amount, own.reduce((sum, { amount }) => sum + amount, 0));
          assertEquals([runs, unknownRuns], [own.length, own.filter((it) => !it.isKnown).length]);
        }
      }
    }),
    { numRuns: 60 },
  );
});
