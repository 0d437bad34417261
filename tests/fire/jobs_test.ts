/** Issue 15, the jobs: nothing runs on after its caller left, and nothing is created twice. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { ApiError, Client, type JobRecord } from "../../mod.ts";
import type { Fetch } from "../../src/http/options.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Fault } from "../../src/testing/faults.ts";
import { FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { countListeners } from "../listeners.ts";
import { rejection } from "../rejection.ts";
import { cancels, creates, inWorld, sleep, taking } from "../run/world.ts";

const CANCEL = { method: "POST", path: /\/cancel$/ };
const CREATE = { method: "POST", path: /\/predictions$/ };

/** The ways to own a job, each of which ends when `signal` aborts. */
const WAYS: Record<string, (client: Client, signal: AbortSignal) => Promise<unknown>> = {
  run: (client, signal) => client.run("acme/x", { input: {}, wait: false, signal }),
  start: async (client, signal) => {
    const job = await client.start("acme/x", { input: {}, signal });
    return await job.output();
  },
  stream: (client, signal) => Array.fromAsync(client.stream("acme/x", { input: {}, signal })),
  batch: (client, signal) =>
    Array.fromAsync(client.batch("acme/x", [{}], { signal, store: memoryStore() })),
};

for (const [name, work] of Object.entries(WAYS)) {
  Deno.test(`15 ${name}() aborted in any microtask around its answer leaves nothing running`, async () => {
    for (let count = 0; count <= 60; count++) {
      await withFakeTime(async () => {
        await using fake = new FakeReplicate({ models: { "acme/x": taking(600_000) } });
        const controller = new AbortController();
        const fetch: Fetch = async (input, init) => {
          const response = await fake.fetch(input, init);
          if (!CREATE.path.test(new URL(String(input)).pathname)) return response;
          void (async () => {
            for (let step = 0; step < count; step++) await undefined;
            controller.abort("left");
          })();
          return response;
        };
        const client = new Client({ auth: "r8_test", fetch });
        assertEquals(await rejection<string>(work(client, controller.signal)), "left");
        await sleep(60_000);
        const running = [...fake.predictions.values()].filter(({ terminal }) => !terminal);
        assertEquals([fake.cancels.length, running.length], [1, 0], `${count} microtasks`);
      });
    }
  });
}

Deno.test("15 a cancel of a fresh prediction is tried until it is known to have worked", async () => {
  const faults: Fault[][] = [
    [{ match: CANCEL, status: 404, times: 4 }],
    [{ match: CANCEL, drop: "before", times: 2 }],
    [{ match: CANCEL, status: 500, times: 5 }],
    [{ match: CANCEL, status: 404 }, { match: CANCEL, drop: "before" }, {
      match: CANCEL,
      status: 503,
    }],
  ];
  for (const fault of faults) {
    for (const [name, work] of Object.entries(WAYS)) {
      await inWorld({ "acme/x": taking(600_000) }, async ({ client, fake, timers }) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort("left"), 5000);
        assertEquals(await rejection<string>(work(client, controller.signal)), "left");
        await sleep(60_000);
        const statuses = [...fake.predictions.values()].map(({ status }) => status);
        assertEquals([statuses, timers()], [["canceled"], 0], `${name} ${JSON.stringify(fault)}`);
      }, { fake: { faults: fault }, client: { retry: false } });
    }
  }
});

Deno.test("15 a break, the end of a scope and job.cancel() cancel a prediction that answers 404 for a moment", async () => {
  const leave: ((client: Client) => Promise<unknown>)[] = [
    async (client) => {
      const job = await client.start("acme/x", { input: {} });
      for await (const _ of job.events()) break;
    },
    async (client) => {
      await using _ = await client.start("acme/x", { input: {} });
    },
    async (client) => await (await client.start("acme/x", { input: {} })).cancel(),
  ];
  for (const way of leave) {
    const faults = [{ match: CANCEL, status: 404, times: 3 }];
    await inWorld({ "acme/x": taking(600_000) }, async ({ client, fake }) => {
      await way(client);
      await sleep(10_000);
      assertEquals([...fake.predictions.values()].map(({ status }) => status), ["canceled"]);
    }, { fake: { faults } });
  }
});

Deno.test("15 a cancel that failed is asked for again by the next cancel(), and leaves no listener", async () => {
  const faults = [{ match: CANCEL, status: 403, times: 1 }];
  await inWorld({ "acme/x": taking(600_000) }, async ({ client, fake }) => {
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    const job = await client.start("acme/x", { input: {}, signal });
    assertInstanceOf(await rejection(job.cancel()), ApiError);
    assertEquals((await job.cancel()).status, "canceled");
    assertEquals([fake.cancels.length, listeners()], [1, 0]);
  }, { fake: { faults } });
});

Deno.test("15 a scope whose cancel fails throws that, and leaves no listener and no timer", async () => {
  const faults = [{ match: CANCEL, status: 403, times: Infinity }];
  await inWorld({ "acme/x": taking(600_000) }, async ({ client, timers }) => {
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    const job = await client.start("acme/x", { input: {}, signal, timeout: "1h" });
    const before = timers();
    assertInstanceOf(await rejection(job[Symbol.asyncDispose]()), ApiError);
    assertEquals([listeners(), timers()], [0, before]);
  }, { fake: { faults } });
});

Deno.test("15 an answer to a cancel that cannot be read counts as a cancel", async () => {
  const faults = [{ match: CANCEL, accept: true, status: 200, body: "<html>" }];
  await inWorld({ "acme/x": taking(600_000) }, async ({ client, fake, requests }) => {
    const job = await client.start("acme/x", { input: {} });
    assertEquals((await job.cancel()).status, "canceled");
    assertEquals([fake.cancels.length, cancels(requests())], [1, 1]);
  }, { fake: { faults } });
});

Deno.test("15 a prediction that had ended by the time of the abort is not canceled", async () => {
  await inWorld({ "acme/x": taking(2000) }, async ({ client, requests }) => {
    const controller = new AbortController();
    // The server holds its answer, which is the end of the prediction.
    setTimeout(() => controller.abort("left"), 1000);
    const run = client.run("acme/x", { input: {}, signal: controller.signal });
    assertEquals(await rejection<string>(run), "left");
    await sleep(10_000);
    assertEquals([cancels(requests()), creates(requests())], [0, 1]);
  });
});

Deno.test("15 an abort or a deadline ends run() and wait() while onProgress is told the last state", async () => {
  const stuck = (record: JobRecord) =>
    record.status === "succeeded" ? new Promise<never>(() => {}) : undefined;
  await inWorld({ "acme/x": taking(2000) }, async ({ client, elapsed, requests, timers }) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort("left"), 5000);
    const { signal } = controller;
    const run = client.run("acme/x", { input: {}, signal, onProgress: stuck });
    assertEquals(await rejection<string>(run), "left");
    assertEquals(elapsed(), 5000);
    const late = await rejection(
      client.run("acme/x", { input: {}, timeout: "10s", onProgress: stuck }),
    );
    assertEquals([late.name, elapsed()], ["TimeoutError", 15_000]);
    const { id } = await client.models.predictions.create("acme", "x", { input: {} });
    const wait = client.wait(id, { maxWait: "5s", onProgress: stuck });
    assertEquals([(await rejection(wait)).name, elapsed()], ["TimeoutError", 20_000]);
    assertEquals([cancels(requests()), timers()], [0, 0]);
  });
});

/** A server that accepts a create, and answers it in a way of its own. */
const answering = (fake: FakeReplicate, answer: (body: string) => Response): Fetch => {
  return async (input, init) => {
    const response = await fake.fetch(input, init);
    const isCreate = init?.method === "POST" && /\/predictions$/.test(String(input));
    return isCreate ? answer(await response.text()) : response;
  };
};

Deno.test("15 a create whose answer is cut goes on by the id that came", async () => {
  for (const [name, work] of Object.entries(WAYS)) {
    await withFakeTime(async () => {
      await using fake = new FakeReplicate({ models: { "acme/x": taking(2000) } });
      const fetch = answering(
        fake,
        (body) => new Response(body.slice(0, 80), { status: 201 }),
      );
      const client = new Client({ auth: "r8_test", fetch });
      const result = await work(client, new AbortController().signal);
      assert(JSON.stringify(result).includes("done"), name);
      assertEquals(fake.predictions.size, 1, name);
    });
  }
});

Deno.test("15 a create whose body breaks off goes on by the id that came, also of predictions.create()", async () => {
  await withFakeTime(async () => {
    await using fake = new FakeReplicate({ models: { "acme/x": taking(2000) } });
    const fetch = answering(fake, (body) => {
      const bytes = new TextEncoder().encode(body.slice(0, 100));
      let sent = false;
      const stream = new ReadableStream({
        pull(controller) {
          if (sent) controller.error(new TypeError("terminated"));
          else controller.enqueue(bytes);
          sent = true;
        },
      });
      return new Response(stream, { status: 201, headers: { "content-length": "5000" } });
    });
    const client = new Client({ auth: "r8_test", fetch });
    assertEquals(await client.run("acme/x", { input: { prompt: "a fig" } }), "done");
    const prediction = await client.predictions.create({ model: "acme/x", input: { id: "no" } });
    assertEquals(fake.predictions.has(prediction.id) && prediction.urls !== undefined, true);
    assertEquals(fake.predictions.size, 2);
  });
});

Deno.test("15 an answer to a create that is no record is an ApiError that says so", async () => {
  for (const body of ["null", "[]", "5", "{}", '{"id":5}', '"x"']) {
    await withFakeTime(async () => {
      await using fake = new FakeReplicate({ models: { "acme/x": taking(2000) } });
      const fetch = answering(fake, () => new Response(body, { status: 201 }));
      const client = new Client({ auth: "r8_test", fetch });
      for (const way of [() => client.predictions.create({ model: "acme/x", input: {} })]) {
        const error = await rejection(way());
        assertInstanceOf(error, ApiError, body);
        assertEquals(error.status, 201);
      }
    });
  }
});

const UNREADABLE = ["", "<html>Hi</html>", '{"error":', '{"input":{"prompt":"a'];

Deno.test("15 a create whose answer has no id is looked for, and goes on", async () => {
  for (const body of UNREADABLE) {
    for (const [name, work] of Object.entries(WAYS)) {
      await withFakeTime(async () => {
        await using fake = new FakeReplicate({ models: { "acme/x": taking(30_000) } });
        const fetch = answering(fake, () => new Response(body, { status: 201 }));
        const client = new Client({ auth: "r8_test", fetch });
        const result = await work(client, new AbortController().signal);
        assert(JSON.stringify(result).includes("done"), `${name} ${body}`);
        assertEquals(fake.predictions.size, 1, `${name} ${body}`);
      });
    }
  }
});

Deno.test("15 a caller who leaves while a create is looked for leaves nothing running", async () => {
  for (const [name, work] of Object.entries(WAYS)) {
    await withFakeTime(async () => {
      await using fake = new FakeReplicate({ models: { "acme/x": taking(600_000) } });
      let lists = 0;
      const unreadable = answering(fake, () => new Response("", { status: 201 }));
      const fetch: Fetch = async (input, init) => {
        const isList = init?.method === "GET" && /\/predictions(\?|$)/.test(String(input));
        if (isList && lists++ === 0) return Response.json({ results: [] });
        return await unreadable(input, init);
      };
      const client = new Client({ auth: "r8_test", fetch });
      const controller = new AbortController();
      setTimeout(() => controller.abort("left"), 500);
      assertEquals(await rejection<string>(work(client, controller.signal)), "left");
      await sleep(60_000);
      const statuses = [...fake.predictions.values()].map(({ status }) => status);
      assertEquals([statuses, fake.cancels.length], [["canceled"], 1], name);
    });
  }
});

Deno.test("15 a batch whose create was answered with nothing of use never creates the input again", async () => {
  for (const body of UNREADABLE) {
    await withFakeTime(async () => {
      await using fake = new FakeReplicate({ models: { "acme/x": taking(1000) } });
      const store = memoryStore();
      // The list does not have it in time, so that the batch cannot go on with it.
      const blind: Fetch = async (input, init) => {
        const isList = init?.method === "GET" && /\/predictions(\?|$)/.test(String(input));
        if (isList) return Response.json({ results: [] });
        return await answering(fake, () => new Response(body, { status: 201 }))(input, init);
      };
      const first = new Client({ auth: "r8_test", fetch: blind });
      const [lost] = await first.batch("acme/x", [{ n: 1 }], { store });
      assertEquals(lost?.status, "rejected");
      const second = new Client({ auth: "r8_test", fetch: fake.fetch });
      const [found] = await second.batch("acme/x", [{ n: 1 }], { store });
      assertEquals([found?.status, fake.predictions.size], ["fulfilled", 1], body);
    });
  }
});

Deno.test("19.3 onLostCreate adopts the only prediction that is the same, and guesses never", async () => {
  const lose: Fault[] = [{ match: CREATE, drop: "after" }];
  await inWorld({ "acme/x": taking(1000) }, async ({ client, fake }) => {
    const options = { input: { n: 1 }, onLostCreate: "adopt" as const };
    assertEquals(await client.run("acme/x", options), "done");
    assertEquals(fake.predictions.size, 1);
    fake.fault({ match: CREATE, status: 502, accept: true });
    assertEquals(await client.run("acme/x", options), "done");
    assertEquals(fake.predictions.size, 2);

    // Somebody else runs the same thing at the same moment.
    fake.fault({ match: { ...CREATE, nth: 2 }, drop: "after" });
    const other = new Client({ auth: "r8_test", fetch: fake.fetch });
    const theirs = other.models.predictions.create("acme", "x", { input: { n: 1 } });
    const error = await rejection(client.run("acme/x", options));
    assertEquals([error.name, fake.predictions.size], ["ConnectionError", 4]);
    await theirs;
  }, { fake: { faults: lose } });
});

Deno.test("19.3 a create whose answer is lost is an error by default, and never sent again", async () => {
  const faults = [{ match: CREATE, drop: "after" as const }];
  await inWorld({ "acme/x": taking(1000) }, async ({ client, fake, requests }) => {
    const error = await rejection(client.run("acme/x", { input: {} }));
    assertEquals([error.name, fake.predictions.size], ["ConnectionError", 1]);
    assertEquals(requests().length, 1);
  }, { fake: { faults } });
});

Deno.test("19.3 equal runs side by side, one of which lost its answer, each get a prediction of their own", async () => {
  const faults = [{ match: { ...CREATE, nth: 2 }, drop: "after" as const }];
  await inWorld({ "acme/x": taking(1000) }, async ({ client, fake }) => {
    const options = { input: { n: 1 }, onLostCreate: "adopt" as const };
    const runs = Array.from({ length: 3 }, () => client.run("acme/x", options));
    const ids = await Promise.all(runs.map(async (run) => (await run.prediction()).id));
    assertEquals([new Set(ids).size, fake.predictions.size], [3, 3]);
  }, { fake: { faults } });
});
