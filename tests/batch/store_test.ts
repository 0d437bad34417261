import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { costMeter } from "../../src/batch/cost.ts";
import type { BatchOptions, BatchResult, BatchStore } from "../../src/batch/types.ts";
import { Client } from "../../src/client.ts";
import { ReplicateError, TimeoutError } from "../../src/errors.ts";
import { PredictionError } from "../../src/run/errors.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { FakeReplicate } from "../../src/testing/fake.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import type { FakeModel } from "../../src/testing/types.ts";
import { inWorld, sleep } from "../run/world.ts";

const worker: FakeModel = {
  official: true,
  run: async ({ ms = 1000, n }, job) => {
    await job.sleep(ms as number);
    return n;
  },
};

const values = (results: BatchResult[]): unknown[] =>
  results.map((result) => result.status === "fulfilled" ? result.value : result.reason);

/** A process that can die: from then on nothing it does has an effect, or an answer. */
class Process {
  readonly #client: Client;
  readonly #store: BatchStore;
  readonly #death: Promise<undefined>;

  /** Dies at the effect of this number, a request or an access to the store: before it, or `after` it. */
  constructor(fake: FakeReplicate, store: BatchStore, diesAt: number, after = false) {
    let steps = 0;
    let die = (): void => {};
    this.#death = new Promise((resolve) => die = () => resolve(undefined));
    const never = new Promise<never>(() => {});
    const step = async <T>(work: () => Promise<T>): Promise<T> => {
      const lives = ++steps < diesAt;
      const result = lives || (after && steps === diesAt) ? await work() : undefined;
      if (steps < diesAt) return result as T;
      die();
      return await never;
    };
    const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
      step(() => fake.fetch(input, init));
    this.#client = new Client({ auth: "r8_test", fetch });
    this.#store = {
      get: (key) => step(async () => await store.get(key)),
      set: (key, value) => step(async () => await store.set(key, value)),
      delete: (key) => step(async () => await store.delete(key)),
    };
  }

  /** The results; `undefined` if it died. */
  async run(inputs: object[], more: BatchOptions = {}): Promise<BatchResult[] | undefined> {
    const options = { store: this.#store, interval: 5000, ...more };
    const work = Array.fromAsync(this.#client.batch("acme/x", inputs, options));
    return await Promise.race([work, this.#death]);
  }
}

Deno.test("batch() with a store creates nothing twice, wherever the process before has died", async () => {
  const inputs = [{ n: 1 }, { n: 1 }, { n: 2, ms: 9000 }];
  const counts = new Set<number>();
  for (const after of [false, true]) {
    let finished = false;
    for (let diesAt = 1; !finished; diesAt++) {
      await withFakeTime(async () => {
        await using fake = new FakeReplicate({ models: { "acme/x": worker } });
        const store = memoryStore();
        finished = await new Process(fake, store, diesAt, after).run(inputs) !== undefined;
        counts.add(fake.predictions.size);
        const where = `died at ${diesAt} ${after ? "after" : "before"}, ${fake.predictions.size}`;
        const client = new Client({ auth: "r8_test", fetch: fake.fetch });
        const options = { store, ordered: true, interval: 5000 };
        const results = await Array.fromAsync(client.batch("acme/x", inputs, options));
        assertEquals(values(results), [1, 1, 2], where);
        const ids = results.map(({ prediction }) => prediction?.id);
        assertEquals([new Set(ids).size, fake.predictions.size], [3, 3], where);
      });
      assert(diesAt < 60);
    }
  }
  assertEquals([...counts].sort(), [0, 1, 2, 3]);
});

Deno.test("batch() takes what has ended from its store, without a request", async () => {
  await inWorld({ "acme/x": worker }, async ({ client, requests }) => {
    const store = memoryStore();
    const inputs = [{ n: 1 }, { n: 2 }];
    await Array.fromAsync(client.batch("acme/x", inputs, { store }));
    const before = requests().length;
    const reordered = [{ n: 2 }, { n: 1 }];
    const results = await Array.fromAsync(
      client.batch("acme/x", reordered, { store, ordered: true }),
    );
    assertEquals([values(results), requests().length], [[2, 1], before]);
    const [result] = results;
    assert(result?.status === "fulfilled");
    assertEquals(result.prediction.input, { n: 2 });
    assertEquals(result.prediction.metrics?.predict_time, 1);
    assertEquals(
      await client.predictions.get(result.prediction.id).then(({ output }) => output),
      2,
    );
  });
});

Deno.test("batch() that was stopped is taken up again: what it has canceled is run anew", async () => {
  await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
    const store = memoryStore();
    const inputs = [1, 2, 3, 4].map((n) => ({ n, ms: n * 1000 }));
    for await (const _ of client.batch("acme/x", inputs, { store })) break;
    await sleep(100);
    assertEquals(fake.cancels.length, 3);
    const results = await Array.fromAsync(client.batch("acme/x", inputs, { store, ordered: true }));
    assertEquals(values(results), [1, 2, 3, 4]);
    assertEquals(fake.predictions.size, 4 + 3);
  });
});

Deno.test("batch() cancels what it has created when its signal aborts, also when the store hangs", async () => {
  for (const hangs of ["id ", "batch "]) {
    await withFakeTime(async (time) => {
      const fake = new FakeReplicate({ models: { "acme/x": worker } });
      const client = new Client({ auth: "r8_test", fetch: fake.fetch });
      const kept = memoryStore();
      const store: BatchStore = {
        ...kept,
        get: (key) => kept.get(key),
        delete: (key) => kept.delete(key),
        set: (key, value) =>
          fake.predictions.size > 0 && key.startsWith(hangs)
            ? new Promise<never>(() => {})
            : kept.set(key, value),
      };
      const controller = new AbortController();
      const { signal } = controller;
      const work = Array.fromAsync(client.batch("acme/x", [{ ms: 60_000 }], { store, signal }));
      setTimeout(() => controller.abort(new Error("enough")), 5000);
      await assertRejects(() => work, Error, "enough");
      await time.tick(1000);
      assertEquals([fake.predictions.size, fake.cancels.length], [1, 1], hangs);
    });
  }
});

Deno.test("batch() cancels what it has attached to when its signal aborts", async () => {
  await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
    const store = memoryStore();
    const inputs = [{ n: 1, ms: 60_000 }];
    const first = new Process(fake, store, 6).run(inputs);
    assertEquals(await first, undefined);
    assertEquals(fake.predictions.size, 1);
    const signal = AbortSignal.timeout(15_000);
    await assertRejects(() => Array.fromAsync(client.batch("acme/x", inputs, { store, signal })));
    await sleep(100);
    assertEquals([fake.cancels.length, fake.predictions.size], [1, 1]);
  });
});

Deno.test("batch() cancels what it was about to attach to when its signal aborts", async () => {
  for (const abortAt of [500, 1500]) {
    await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
      const store = memoryStore();
      const inputs = [{ n: 1, ms: 60_000 }];
      await new Process(fake, store, 6).run(inputs);
      const slow = { ...store, get: (key: string) => sleep(1000).then(() => store.get(key)) };
      const slowly: typeof globalThis.fetch = async (input, init) => {
        if (init?.method === "GET") await sleep(1000);
        return await fake.fetch(input, init);
      };
      const controller = new AbortController();
      const { signal } = controller;
      setTimeout(() => controller.abort(), abortAt);
      const batch = client.with({ fetch: slowly }).batch("acme/x", inputs, { store: slow, signal });
      await assertRejects(() => Array.fromAsync(batch));
      await sleep(5000);
      assertEquals([fake.cancels.length, fake.predictions.size], [1, 1], `${abortAt}`);
    });
  }
});

Deno.test("batch() cancels what it was about to attach to when its time is over", async () => {
  for (const ms of [3000, Infinity]) {
    await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
      const store = memoryStore();
      const inputs = [{ n: 1, ms: 600_000 }];
      await new Process(fake, store, 6).run(inputs);
      if (ms === Infinity) fake.fault({ match: { method: "GET" }, hang: true, times: Infinity });
      else fake.fault({ match: { method: "GET" }, delay: ms });
      const options = { store, timeout: 2000 };
      const [result] = await Array.fromAsync(client.batch("acme/x", inputs, options));
      assert(result?.status === "rejected");
      assertInstanceOf(result.reason, TimeoutError);
      await sleep(5000);
      assertEquals([fake.cancels.length, fake.predictions.size], [1, 1], `${ms}`);
    });
  }
});

Deno.test("batch() uploads no file again for what was created before", async () => {
  await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
    const store = memoryStore();
    const inputs = [1, 2].map((n) => ({ n, ms: n * 20_000, image: new Blob(["pixels"]) }));
    const options = { store, key: ({ n }: { n?: number }) => `image ${n}` };
    const dying = await new Promise<Map<string, unknown>>((resolve) => {
      const died = new Map<string, unknown>();
      setTimeout(() => resolve(died), 30_000);
      const set = (key: string, value: unknown): unknown => died.set(key, value);
      Array.fromAsync(client.batch("acme/x", inputs, { ...options, store: { ...store, set } }));
    });
    const files = fake.files.size;
    const results = await Array.fromAsync(
      client.batch("acme/x", inputs, { ...options, store: dying }),
    );
    assertEquals(values(results), [1, 2]);
    assertEquals([fake.files.size, fake.predictions.size], [files, 2]);
  });
});

Deno.test("batch() runs an input no more often than `rerun` says, wherever the process before has died", async () => {
  const run = (): never => {
    throw new Error("CUDA out of memory");
  };
  const rerun = { attempts: 3, on: ["memory" as const] };
  let finished = false;
  for (let diesAt = 1; !finished; diesAt++) {
    await withFakeTime(async () => {
      await using fake = new FakeReplicate({ models: { "acme/x": { official: true, run } } });
      const store = memoryStore();
      finished = await new Process(fake, store, diesAt).run([{ n: 1 }], { rerun }) !== undefined;
      const client = new Client({ auth: "r8_test", fetch: fake.fetch });
      const [result] = await Array.fromAsync(client.batch("acme/x", [{ n: 1 }], { store, rerun }));
      assert(result?.status === "rejected");
      assertInstanceOf(result.reason, PredictionError);
      assertEquals(fake.predictions.size, 3, `died at ${diesAt}`);
    });
  }
});

Deno.test("batch() gives a stored failure again, and runs it anew only as `rerun` says", async () => {
  let fails = true;
  const run = () => {
    if (fails) throw new Error("CUDA out of memory");
    return "ok";
  };
  await inWorld({ "acme/x": { official: true, run } }, async ({ client, fake }) => {
    const store = memoryStore();
    const go = async (attempts: number) => {
      const rerun = { attempts, on: ["memory" as const] };
      const [result] = await Array.fromAsync(client.batch("acme/x", [{}], { store, rerun }));
      return [result?.status, fake.predictions.size];
    };
    assertEquals(await go(2), ["rejected", 2]);
    assertEquals(await go(2), ["rejected", 2]);
    assertEquals(await go(3), ["rejected", 3]);
    const [again] = await Array.fromAsync(client.batch("acme/x", [{}], { store }));
    assert(again?.status === "rejected");
    assertInstanceOf(again.reason, PredictionError);
    assertEquals(again.reason.kind, "memory");
    fails = false;
    assertEquals(await go(4), ["fulfilled", 4]);
    assertEquals(await go(4), ["fulfilled", 4]);
  });
});

Deno.test("batch() forgets an input that the server has refused", async () => {
  const schema = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };
  await inWorld({ "acme/x": { ...worker, schema } }, async ({ client }) => {
    const store = new Map<string, unknown>();
    const [result] = await Array.fromAsync(client.batch("acme/x", [{}], { store }));
    assertEquals([result?.status, store.size], ["rejected", 0]);
  });
});

Deno.test("batch() creates nothing twice where the answer to a create is none that can be read", async () => {
  const answers: Record<string, () => Response> = {
    "is a page": () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    "is empty": () => new Response("", { status: 201 }),
    "is a redirect": () => new Response("", { status: 303, headers: { location: "/elsewhere" } }),
    "is an error of the caller's fetch": () => {
      throw new Error("a bug");
    },
  };
  for (const [name, answer] of Object.entries(answers)) {
    await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
      const store = new Map<string, unknown>();
      const meter = costMeter({ prices: { models: { "acme/x": { perRun: 1 } } }, budget: 9 });
      const fetch = async (input: string | URL | Request, init?: RequestInit) => {
        const response = await fake.fetch(input, init);
        return init?.method === "POST" ? answer() : response;
      };
      const broken = client.with({ fetch });
      const inputs = [{ n: 1 }];
      const [first] = await Array.fromAsync(broken.batch("acme/x", inputs, { store, meter }));
      // A success says that it was created: it is looked for.
      const isFound = /page|empty/.test(name);
      const end = isFound ? "fulfilled" : "rejected";
      assertEquals([first?.status, fake.predictions.size], [end, 1], name);
      // One that may have been accepted stays set aside.
      const count = isFound ? 1 : 0;
      const { amount, runs, open } = await meter.total();
      assertEquals([amount, runs, open], [count, count, 1 - count], name);
      const again = await Array.fromAsync(client.batch("acme/x", inputs, { store }));
      assertEquals([values(again), fake.predictions.size], [[1], 1], name);
    });
  }
});

/** The store of a process that died after it had noted what it was about to create. */
async function intentsOf(...inputs: object[]): Promise<Map<string, unknown>> {
  const store = new Map<string, unknown>();
  await using fake = new FakeReplicate({ models: { "acme/x": { official: true } } });
  const dying: BatchStore = {
    get: (key) => store.get(key),
    set: (key, value) => key.startsWith("batch") && !store.has(key) && store.set(key, value),
    delete: () => {},
  };
  const client = new Client({ auth: "r8_test", fetch: fake.fetch });
  await Array.fromAsync(client.batch("acme/x", inputs, { store: dying, key: () => "it" }));
  const states = [...store.values()].map((it) => (it as { state: string }).state);
  assertEquals(states, inputs.map(() => "intent"));
  return store;
}

Deno.test("batch() waits for a create that was under way when the process before died", async () => {
  await inWorld({ "acme/x": worker }, async ({ client, fake, elapsed }) => {
    const store = await intentsOf({ n: 1 });
    setTimeout(() => fake.predict("acme/x", { n: 1 }), 4000);
    const options = { store, key: () => "it" };
    const [result] = await Array.fromAsync(client.batch("acme/x", [{ n: 1 }], options));
    assertEquals([result?.status, fake.predictions.size], ["fulfilled", 1]);
    assert(elapsed() < 11_000, `${elapsed()}`);
  });
});

Deno.test("batch() gives each of several equal inputs its own prediction", async () => {
  await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
    const inputs = [{ n: 1 }, { n: 1 }, { n: 1 }];
    const store = await intentsOf(...inputs);
    for (let count = 0; count < 2; count++) fake.predict("acme/x", { n: 1 });
    const slow: BatchStore = {
      get: (key) => store.get(key),
      set: (key, value) => sleep(100).then(() => store.set(key, value)),
      delete: (key) => store.delete(key),
    };
    const options = { store: slow, key: () => "it" };
    const results = await Array.fromAsync(client.batch("acme/x", inputs, options));
    assertEquals(new Set(results.map(({ prediction }) => prediction?.id)).size, 3);
    assertEquals(fake.predictions.size, 3);
  });
});

Deno.test("batch() does not guess where it cannot tell whether an input was created", async () => {
  const others: [object, string][] = [
    [{ n: 1, seed: 5 }, "with a field more, which may be a default"],
    [{ n: 1, image: "https://example.com/a.png" }, "with a file that cannot be compared"],
  ];
  for (const [other, what] of others) {
    await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
      const input = "image" in other ? { n: 1, image: new Blob(["pixels"]) } : { n: 1 };
      const store = await intentsOf(input);
      const { id } = fake.predict("acme/x", { ...other });
      const options = { store, key: () => "it" };
      const [result] = await Array.fromAsync(client.batch("acme/x", [input], options));
      assert(result?.status === "rejected", what);
      assertInstanceOf(result.reason, ReplicateError);
      const [, key = ""] = /prediction \w+ may be it; .* delete "(batch \w+-0)" from/
        .exec(result.reason.message) ?? [];
      assert(result.reason.message.includes(id) && store.has(key), result.reason.message);
      assertEquals(fake.predictions.size, 1);
      store.delete(key);
      const [again] = await Array.fromAsync(client.batch("acme/x", [input], options));
      assertEquals([again?.status, fake.predictions.size], ["fulfilled", 2]);
    });
  }
});

Deno.test("batch() does not take a prediction of the website, another model or another time for its own", async () => {
  await inWorld({ "acme/x": worker, "acme/y": { run: () => 1 } }, async ({ client, fake }) => {
    fake.predict("acme/x", { n: 1 });
    await sleep(30 * 60_000);
    const store = await intentsOf({ n: 1 });
    fake.predict("acme/x", { n: 1 }, { source: "web" });
    fake.predict("acme/x", { n: 2 });
    fake.predict("acme/y", { n: 1 });
    await sleep(30 * 60_000);
    fake.predict("acme/x", { n: 1 });
    const options = { store, key: () => "it" };
    const [result] = await Array.fromAsync(client.batch("acme/x", [{ n: 1 }], options));
    assertEquals([result?.status, fake.predictions.size], ["fulfilled", 6]);
  });
});

Deno.test("batch() finds what was created under the name of an official model's insides", async () => {
  await inWorld({ "acme/x": worker, "acme/x-core": worker }, async ({ client, fake }) => {
    const store = await intentsOf({ n: 1 });
    fake.predict("acme/x-core", { n: 1 });
    const options = { store, key: () => "it" };
    const [result] = await Array.fromAsync(client.batch("acme/x", [{ n: 1 }], options));
    assertEquals([result?.status, fake.predictions.size], ["rejected", 1]);
  });
});

Deno.test("batch() says so when what it created has ended, and its data are deleted by now", async () => {
  await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
    const store = memoryStore();
    await new Process(fake, store, 6).run([{ n: 1 }]);
    await sleep(2 * 60 * 60_000);
    const [result] = await Array.fromAsync(client.batch("acme/x", [{ n: 1 }], { store }));
    assert(result?.status === "rejected");
    assert(/the server has deleted its data/.test((result.reason as Error).message));
    assertEquals(fake.predictions.size, 1);
  });
});

Deno.test("batch() runs nothing that it cannot note", async () => {
  await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
    for (const method of ["get", "set"]) {
      const full = (): never => {
        throw new Error("disk full");
      };
      const store = { ...memoryStore(), [method]: full };
      const results = await Array.fromAsync(
        client.batch("acme/x", [{ n: 1 }, { n: 2 }], { store }),
      );
      assertEquals(values(results).map((it) => (it as Error).message), ["disk full", "disk full"]);
    }
    assertEquals(fake.predictions.size, 0);
  });
});

Deno.test("batch() gives what is paid for, and then throws, when the store fails half way", async () => {
  await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
    const store = memoryStore();
    const set = (key: string, value: unknown): unknown => {
      if ((value as { state?: string }).state === "ended") throw new Error("disk full");
      return store.set(key, value);
    };
    const inputs = Array.from({ length: 10 }, (_, n) => ({ n }));
    const results: BatchResult[] = [];
    const options = { store: { ...store, set }, concurrency: 3 };
    await assertRejects(
      async () => {
        for await (const result of client.batch("acme/x", inputs, options)) results.push(result);
      },
      ReplicateError,
      "the store failed: disk full",
    );
    assertEquals(values(results).sort(), [0, 1, 2]);
    assertEquals(fake.predictions.size, 3);
  });
});

Deno.test("batch() counts what its store has from before once, and keeps to the budget with it", async () => {
  await inWorld({ "acme/x": worker }, async ({ client, fake }) => {
    const store = memoryStore();
    const prices = { models: { "acme/x": { predict_time: 1 } } };
    const inputs = [1, 2, 3, 4].map((n) => ({ n }));
    await Array.fromAsync(client.batch("acme/x", inputs.slice(0, 2), { store }));
    const meter = costMeter({ prices, budget: 3 });
    const options = { store, meter, concurrency: 1 };
    for (let start = 0; start < 2; start++) {
      const results = await Array.fromAsync(client.batch("acme/x", inputs, options));
      const names = values(results).map((it) => it instanceof Error ? it.name : it);
      assertEquals(names, [1, 2, 3, "BudgetExceededError"]);
    }
    const { amount, runs, unknownRuns, open } = await meter.total();
    assertEquals([amount, runs, unknownRuns, open], [3, 3, 0, 0]);
    assertEquals(fake.predictions.size, 3);
  });
});
