/** Clients, runs and batches with a meter. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { BudgetExceededError, Client, costMeter, type CostMeterOptions } from "../../mod.ts";
import type { FakeModel } from "../../src/testing/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { CostStore } from "../../src/batch/types.ts";
import { creates, inWorld, sleep, taking, yielding } from "../run/world.ts";

const PRICES = { models: { "acme/x": { predict_time: 1, estimate: 2 }, "*": { perRun: 1 } } };
const metered = (more: Partial<CostMeterOptions> = {}) => costMeter({ prices: PRICES, ...more });
type Total = ReturnType<ReturnType<typeof metered>["total"]>;

/** The sums of a total, and the runs that have not ended. */
const sums = async (total: Total) => {
  const { amount, runs, unknownRuns, open } = await total;
  return [Math.round(amount * 1000) / 1000, runs, unknownRuns, open];
};

Deno.test("a client with a meter counts run(), start(), stream(), batch() and creates", () =>
  inWorld({ "acme/x": taking(2000) }, async ({ client: plain, fake }) => {
    const meter = metered();
    const client = plain.with({ meter });
    const input = {};
    await client.run("acme/x", { input, tag: "run" });
    await (await client.start("acme/x", { input, tag: "start" })).output();
    for await (const _ of client.stream("acme/x", { input, tag: "stream" })) { /* to its end */ }
    await client.batch("acme/x", [{ n: 1 }, { n: 2 }], { tag: "batch" });
    await client.use("acme/x", { tag: "use" })({});
    const { id } = await client.models.predictions.create("acme", "x", { input, tag: "create" });
    assertEquals(await sums(meter.total({ tag: "create" })), [0, 0, 0, 1]);
    await client.wait(id);
    const created = await client.models.predictions.create("acme", "x", { input, tag: "resume" });
    await (await client.resume(created)).output();
    const tags = Object.fromEntries((await meter.totals()).map(({ tag, ...sum }) => [tag, sum]));
    for (const [tag, { amount, runs }] of Object.entries(tags)) {
      assertEquals([amount, runs], tag === "batch" ? [4, 2] : [2, 1], tag);
    }
    assertEquals(Object.keys(tags), [
      "run",
      "start",
      "stream",
      "batch",
      "use",
      "create",
      "resume",
    ]);
    assertEquals(await sums(meter.total()), [16, 8, 0, 0]);
    assertEquals(fake.predictions.size, 8);
  }));

Deno.test("a run counts by its own meter, and not by that of its client", () =>
  inWorld({ "acme/x": taking(1000) }, async ({ client: plain }) => {
    const [general, own] = [metered(), metered()];
    const client = plain.with({ meter: general });
    await client.run("acme/x", { input: {}, meter: own });
    await client.batch("acme/x", [{}], { meter: own });
    await client.models.predictions.create("acme", "x", { input: {}, meter: own, wait: true });
    assertEquals(await sums(own.total()), [3, 3, 0, 0]);
    assertEquals(await sums(general.total()), [0, 0, 0, 0]);
  }));

Deno.test("run() knows the price of a deployment, a version and a model that is not official", () => {
  const model: FakeModel = { ...taking(1000), official: false };
  const deployments = { "acme/app": { model: "acme/y" } };
  return inWorld({ "acme/y": model, "acme/x": taking(1000) }, async ({ client, fake }) => {
    const meter = costMeter({
      prices: {
        hardware: { cpu: 0.5, gpu: 8 },
        models: { "acme/y": { hardware: "cpu" } },
        deployments: { "acme/app": { hardware: "gpu" } },
      },
      budget: 100,
    });
    const input = {};
    await client.run("acme/y", { input, meter, tag: "model" });
    const [{ version } = { version: "" }] = fake.predictions.values();
    await client.run({ deployment: "acme/app" }, { input, meter, tag: "deployment" });
    await client.deployments.predictions.create("acme", "app", { input, meter, wait: true });
    await client.run(`acme/y:${version}`, { input, meter, tag: "version" });
    const tags = (await meter.totals()).map(({ tag, amount }) => [tag, amount]);
    assertEquals(tags, [["model", 0.5], ["deployment", 8], ["", 8], ["version", 0.5]]);
    await assertRejects(() => client.run("acme/x", { input, meter }), TypeError, "no price");
    const bare = client.run(version, { input, meter });
    await assertRejects(() => bare, TypeError, `no price for version ${version.slice(0, 12)}`);
  }, { fake: { deployments } });
});

Deno.test("run() that would pass the budget sends no request, not even for its files", () =>
  inWorld({ "acme/x": taking(1000) }, async ({ client, requests }) => {
    const meter = metered({ budget: 1.5 });
    const input = { image: new Blob(["a"]) };
    for (
      const create of [
        () => client.run("acme/x", { input, meter }),
        () => client.start("acme/x", { input, meter }),
        () => Array.fromAsync(client.stream("acme/x", { input, meter })),
        () => client.with({ meter }).run("acme/x", { input }),
      ]
    ) {
      await assertRejects(create, BudgetExceededError, "the budget of 1.5");
    }
    assertEquals(requests(), []);
  }));

Deno.test("runs side by side, of two clients with one store, do not pass the budget together", () =>
  inWorld({ "acme/x": taking(2000) }, async ({ client, fake }) => {
    const store = slow(memoryStore());
    const clients = [0, 1].map(() => client.with({ meter: metered({ store, budget: 10 }) }));
    const runs = Array.from({ length: 20 }, (_, n) => clients[n % 2]!.run("acme/x", { input: {} }));
    const ends = await Promise.allSettled(runs);
    const refused = ends.filter((it) => it.status === "rejected");
    assert(refused.every(({ reason }) => reason instanceof BudgetExceededError));
    assertEquals([ends.length - refused.length, fake.predictions.size], [5, 5]);
    for (const { options: { meter } } of clients) {
      assertEquals(await sums((meter as ReturnType<typeof metered>).total()), [10, 5, 0, 0]);
    }
  }));

/** A store that is somewhere else: its changes are by version, and others come in between. */
function slow(store: CostStore): CostStore {
  const values = new Map<string, { version: number; value: unknown }>();
  return {
    ...store,
    get: async (key) => {
      await sleep(3);
      return values.get(key)?.value;
    },
    update: async (key, change) => {
      for (;;) {
        const { version = 0, value } = values.get(key) ?? {};
        await sleep(5);
        const next = change(value);
        if ((values.get(key)?.version ?? 0) !== version) continue;
        values.set(key, { version: version + 1, value: next });
        return;
      }
    },
  };
}

Deno.test("batch() sends no create that would pass the budget, and gives the others", () =>
  inWorld({ "acme/x": taking(1000) }, async ({ client, fake }) => {
    const meter = metered({
      prices: { models: { "acme/x": { predict_time: 1, estimate: 1 } } },
      budget: 3,
    });
    const inputs = Array.from({ length: 6 }, (_, n) => ({ n }));
    const tag = ({ n }: { n: number }): string => n % 2 ? "odd" : "even";
    const results = await client.batch("acme/x", inputs, { meter, tag, concurrency: 4 });
    const refused = results.filter(({ status }) => status === "rejected");
    assert(
      refused.every((it) => it.status === "rejected" && it.reason instanceof BudgetExceededError),
    );
    assertEquals([results.length, refused.length, fake.predictions.size], [6, 3, 3]);
    assertEquals(await sums(meter.total()), [3, 3, 0, 0]);
    const { runs: even } = await meter.total({ tag: "even" });
    const { runs: odd } = await meter.total({ tag: "odd" });
    assertEquals([even + odd, even > 0, odd > 0], [3, true, true]);
  }));

Deno.test("a meter counts runs that failed or were run again, and takes back what was refused", () => {
  let runs = 0;
  const run: FakeModel["run"] = async (_, job) => {
    await job.sleep(2000);
    if (++runs === 1) throw new Error("CUDA out of memory");
  };
  const faults = [{ match: { method: "POST", nth: 3 }, status: 402 }];
  return inWorld({ "acme/x": { official: true, run } }, async ({ client }) => {
    const meter = metered({ budget: 100 });
    const rerun = { attempts: 2, on: ["memory" as const] };
    await client.run("acme/x", { input: {}, meter, rerun });
    await assertRejects(() => client.run("acme/x", { input: {}, meter }), Error, "402");
    assertEquals(await sums(meter.total()), [4, 2, 0, 0]);
  }, { fake: { faults } });
});

Deno.test("a meter counts what a run that was left has used, and nothing of one that was not sent", () => {
  const rateLimit = { create: { perMinute: 6, burst: 1 } };
  return inWorld({ "acme/x": taking(60_000) }, async ({ client, fake, requests }) => {
    const meter = metered({ budget: 8 });
    const signal = AbortSignal.timeout(15_000);
    const options = { meter, signal };
    await client.batch("acme/x", [{}, {}, {}, {}], options).all().catch(() => {});
    await sleep(1000);
    // Two of four were sent, and canceled after 15 and 5 seconds.
    assertEquals([fake.predictions.size, creates(requests())], [2, 2]);
    const [amount, ...counts] = await sums(meter.total());
    assertEquals(counts, [2, 0, 0]);
    assert(amount! > 19 && amount! < 21, String(amount));
  }, { fake: { rateLimit } });
});

Deno.test("a meter counts a run whose caller left while its create was on the way", () =>
  inWorld({ "acme/x": taking(60_000) }, async ({ client, fake }) => {
    const meter = metered();
    const signal = AbortSignal.timeout(50);
    await assertRejects(() => client.run("acme/x", { input: {}, meter, signal, wait: false }));
    await sleep(1000);
    assertEquals([fake.predictions.size, fake.cancels.length], [1, 1]);
    const [, ...counts] = await sums(meter.total());
    assertEquals(counts, [1, 0, 0]);
  }, { fake: { latency: 200 } }));

Deno.test("a meter keeps what was set aside for a create whose answer is lost, until it is adopted", () => {
  const faults = [{ match: { method: "POST" }, drop: "after" as const, times: 2 }];
  return inWorld({ "acme/x": taking(1000) }, async ({ client }) => {
    const meter = metered({ budget: 5 });
    await assertRejects(() => client.run("acme/x", { input: { n: 1 }, meter }));
    assertEquals(await sums(meter.total()), [0, 0, 0, 1]);
    const [lost] = await meter.open();
    assertEquals([lost?.id, lost?.amount, lost?.model], [undefined, 2, "acme/x"]);
    await client.run("acme/x", { input: { n: 2 }, meter, onLostCreate: "adopt" });
    assertEquals(await sums(meter.total()), [1, 1, 0, 1]);
    await meter.drop(lost!.key);
    assertEquals((await meter.total()).reserved, 0);
  }, { fake: { faults } });
});

Deno.test("a job that is let go stays set aside, and record() counts it by its webhook", () =>
  inWorld({ "acme/x": taking(3000) }, async ({ client, fake }) => {
    const store = memoryStore();
    const meter = metered({ store });
    const job = (await client.start("acme/x", { input: {}, meter, tag: "a" })).detach();
    assertEquals((await meter.open()).map(({ id, tag }) => [id, tag]), [[job.id, "a"]]);
    await sleep(5000);
    const record = await client.predictions.get(job.id);
    assertEquals(await metered({ store }).record(record), { amount: 3 });
    assertEquals(await sums(meter.total({ tag: "a" })), [3, 1, 0, 0]);
    assertEquals(fake.predictions.size, 1);
  }));

Deno.test("stream() with a meter ends when the metrics are known, and costs no request without", () => {
  const model = yielding(["a", "b"]);
  return inWorld({ "acme/x": model }, async ({ client, requests }) => {
    const meter = metered();
    const texts = await Array.fromAsync(client.stream("acme/x", { input: {}, meter }).text());
    assertEquals(texts, ["a", "b"]);
    const [amount, ...counts] = await sums(meter.total());
    assert(amount! > 0);
    assertEquals(counts, [1, 0, 0]);
    const before = requests().length;
    await Array.fromAsync(client.stream("acme/x", { input: {} }).text());
    assertEquals(requests().slice(before).filter((it) => it.startsWith("GET /v1/predictions")), []);
  });
});

Deno.test('run() with a meter takes settle: "output" as "end"', () => {
  const run: FakeModel["run"] = async function* (_, job) {
    yield "a";
    await job.sleep(5000);
    yield "b";
  };
  return inWorld({ "acme/x": { official: true, run } }, async ({ client }) => {
    const meter = metered();
    const options = { input: {}, settle: "output" as const, wait: 1 };
    assertEquals(await client.run("acme/x", { ...options, meter }), ["a", "b"]);
    assertEquals(await sums(meter.total()), [5, 1, 0, 0]);
  });
});

Deno.test("a run is not given up because its cost cannot be written down, and is not begun", () =>
  inWorld({ "acme/x": taking(1000, "a fig") }, async ({ client: plain, requests }) => {
    const warnings: string[] = [];
    const store = memoryStore();
    let left = 1;
    const update: CostStore["update"] = (key, change) => {
      if (left-- <= 0) throw new Error("disk full");
      return store.update(key, change);
    };
    const meter = metered({ store: { ...store, update } });
    const client = plain.with({ meter, onWarning: (message) => void warnings.push(message) });
    assertEquals(await client.run("acme/x", { input: {} }), "a fig");
    assert(warnings.length > 0);
    for (const warning of warnings) {
      assert(/^Cannot count what job \w+ costs: disk full$/.test(warning), warning);
    }
    assertEquals((await meter.total()).open, 1);
    const before = requests().length;
    await assertRejects(() => client.run("acme/x", { input: {} }), Error, "disk full");
    assertEquals(requests().length, before);
  }));

Deno.test("a caller is free at once, where the store of the meter does not answer", () =>
  inWorld({ "acme/x": taking(60_000) }, async ({ client, elapsed }) => {
    let changes = 0;
    const store: CostStore = {
      get: () => undefined,
      update: (_, change) => {
        change(undefined);
        return ++changes > 1 ? new Promise(() => {}) : undefined;
      },
    };
    const signal = AbortSignal.timeout(2000);
    const options = { input: {}, meter: metered({ store }), signal };
    await assertRejects(() => client.run("acme/x", options), DOMException);
    assert(elapsed() < 2100, `${elapsed()} ms`);
  }));

Deno.test("trainings count as runs of their trainer", () =>
  inWorld({ "acme/t": taking(1000) }, async ({ client: plain, fake }) => {
    const meter = metered();
    const client = new Client({ auth: "r8_test", fetch: fake.fetch, meter });
    const { latest_version: version } = await plain.models.get("acme", "t");
    await client.models.create("acme", "mine", { visibility: "private", hardware: "cpu" });
    const options = { destination: "acme/mine" as const, input: {}, tag: "t" };
    const training = await client.trainings.create("acme", "t", version!.id, options);
    assertEquals(await sums(meter.total({ tag: "t" })), [0, 0, 0, 1]);
    await client.wait(training);
    assertEquals(await sums(meter.total({ tag: "t" })), [1, 1, 0, 0]);
  }));
