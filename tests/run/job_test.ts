import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { countListeners } from "../listeners.ts";
import { ApiError, Client, type JobEvent, PredictionError, TimeoutError } from "../../mod.ts";
import { cancels, creates, inWorld, sleep, taking, yielding } from "./world.ts";
import { rejection } from "../rejection.ts";

Deno.test("start() gives a handle as soon as the job exists, and output() waits for its end", async () => {
  await inWorld({ "acme/x": taking(5000) }, async ({ client, elapsed }) => {
    const job = await client.start("acme/x", { input: {} });
    assertEquals([elapsed(), job.status], [0, "starting"]);
    assertEquals(await job.output(), "done");
    assertEquals(job.status, "succeeded");
  });
});

Deno.test("job.events() tells status, logs, progress and each output item, and ends with done", async () => {
  const run = async function* (_: unknown, job: import("../../src/testing/mod.ts").FakeJob) {
    for (const [index, word] of ["a", "b", "c"].entries()) {
      await job.sleep(1000);
      job.progress(index + 1, 3);
      yield word;
    }
  };
  await inWorld({ "acme/x": { official: true, run } }, async ({ client }) => {
    const job = await client.start("acme/x", { input: {} });
    const events: JobEvent[] = [];
    for await (const event of job.events()) events.push(event);
    const of = (name: JobEvent["event"]) => events.filter(({ event }) => event === name);
    assertEquals(of("output").map(({ data }) => data), ["a", "b", "c"]);
    assertEquals(of("status").map(({ data }) => data), ["starting", "processing", "succeeded"]);
    assertEquals(of("progress").length, 3);
    assert(of("logs").length >= 3);
    assertEquals(events.at(-1)?.event, "done");
  });
});

Deno.test("job.events() of a job that fails delivers what came, then PredictionError", async () => {
  await inWorld({ "acme/x": yielding(["a", "b", new Error("boom")]) }, async ({ client }) => {
    const job = await client.start("acme/x", { input: {} });
    const outputs: unknown[] = [];
    await assertRejects(
      async () => {
        for await (const event of job.events()) {
          if (event.event === "output") outputs.push(event.data);
          assert(event.event !== "done");
        }
      },
      PredictionError,
      "boom",
    );
    assertEquals(outputs, ["a", "b"]);
  });
});

Deno.test("job.events() and job.output() at once ask no more than one of them", async () => {
  const counts: number[] = [];
  for (const both of [false, true]) {
    await inWorld({ "acme/x": taking(5000) }, async ({ client, requests }) => {
      const job = await client.start("acme/x", { input: {} });
      const watch = async () => {
        for await (const _ of job.events()) { /* only watching */ }
      };
      await Promise.all([job.output(), both ? watch() : undefined]);
      counts.push(requests().length);
    });
  }
  assertEquals(counts[0], counts[1]);
});

Deno.test("job.cancel() cancels once, however often it is called", async () => {
  await inWorld({ "acme/x": taking(60_000) }, async ({ client, requests }) => {
    const job = await client.start("acme/x", { input: {} });
    const [first, second] = await Promise.all([job.cancel(), job.cancel()]);
    await job.cancel();
    assertEquals([first.status, second.status, cancels(requests())], ["canceled", "canceled", 1]);
    const error = await rejection(job.output());
    assertEquals([error.name, error.kind], ["PredictionError", "canceled"]);
  });
});

Deno.test("job.cancel() asks nothing of a job that has ended", async () => {
  await inWorld({ "acme/x": taking(0) }, async ({ client, requests }) => {
    const job = await client.start("acme/x", { input: {} });
    await job.output();
    assertEquals((await job.cancel()).status, "succeeded");
    assertEquals(cancels(requests()), 0);
  });
});

Deno.test("start() cancels once when its signal aborts, watched or not", async () => {
  for (const watched of [false, true]) {
    await inWorld({ "acme/x": taking(60_000) }, async ({ client, requests, timers }) => {
      const controller = new AbortController();
      const job = await client.start("acme/x", { input: {}, signal: controller.signal });
      const output = watched ? rejection<string>(job.output()) : undefined;
      await sleep(1000);
      controller.abort("enough");
      if (watched) assertEquals(await output, "enough");
      await sleep(1000);
      assertEquals([cancels(requests()), timers()], [1, 0]);
    });
  }
});

Deno.test("job.events() cancels once when its loop is left", async () => {
  await inWorld({ "acme/x": yielding(["a", "b", "c"], 1000) }, async ({ client, requests }) => {
    const job = await client.start("acme/x", { input: {} });
    for await (const event of job.events()) if (event.event === "output") break;
    await sleep(5000);
    assertEquals([cancels(requests()), creates(requests())], [1, 1]);
  });
});

Deno.test("await using cancels a job of ours at the end of its scope, unless it was detached", async () => {
  for (const detached of [false, true]) {
    await inWorld({ "acme/x": taking(60_000) }, async ({ client, requests }) => {
      {
        await using job = await client.start("acme/x", { input: {} });
        if (detached) job.detach();
      }
      assertEquals(cancels(requests()), detached ? 0 : 1);
    });
  }
});

Deno.test("await using asks nothing of a job that has ended", async () => {
  await inWorld({ "acme/x": taking(100) }, async ({ client, requests }) => {
    {
      await using job = await client.start("acme/x", { input: {} });
      await job.output();
    }
    assertEquals(cancels(requests()), 0);
  });
});

Deno.test("job.detach() lets the signal go", async () => {
  await inWorld({ "acme/x": taking(60_000) }, async ({ client, requests }) => {
    const controller = new AbortController();
    const job = await client.start("acme/x", { input: {}, signal: controller.signal });
    job.detach();
    controller.abort();
    await sleep(100);
    assertEquals(cancels(requests()), 0);
  });
});

Deno.test("start() with a timeout ends the job at the deadline, and keeps no clock unwatched", async () => {
  await inWorld({ "acme/x": taking(60_000) }, async ({ client, requests, elapsed, timers }) => {
    const job = await client.start("acme/x", { input: {}, timeout: "10s" });
    const before = timers();
    await sleep(3000);
    const error = await rejection(job.output());
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.phase, elapsed()], ["deadline", 10_000]);
    await sleep(10);
    assertEquals(cancels(requests()), 1);
    assert(before <= 2, "only the fake's own timers may wait: its model's, and its deadline's");
  });
});

Deno.test("resume() takes a job up by its id or its JSON, and does not own it", async () => {
  await inWorld({ "acme/x": taking(5000) }, async ({ client, fake, requests }) => {
    const job = await client.start("acme/x", { input: {} });
    const saved = JSON.stringify(job);
    assertEquals(JSON.parse(saved), { id: job.id, kind: "predictions" });
    const elsewhere = new Client({ auth: "r8_test", fetch: fake.fetch });
    for (const name of [saved, job.id, JSON.parse(saved), job.prediction]) {
      await using again = await elsewhere.resume(name);
      assertEquals(again.id, job.id);
    }
    for await (const _ of (await elsewhere.resume(saved)).events()) break;
    const controller = new AbortController();
    const watched = await elsewhere.resume(saved, undefined, { signal: controller.signal });
    setTimeout(() => controller.abort("enough"), 100);
    assertEquals(await rejection<string>(watched.output()), "enough");
    assertEquals(cancels(requests()), 0);
    assertEquals(await (await elsewhere.resume(saved)).output(), "done");
  });
});

Deno.test("resume() of an unknown id is an ApiError 404, and of something else a TypeError", async () => {
  await inWorld({}, async ({ client }) => {
    const error = await rejection(client.resume("nosuchid"));
    assertInstanceOf(error, ApiError);
    assertEquals(error.status, 404);
    for (const saved of ["", "{bad json", {} as { id: string }, null as unknown as string]) {
      await assertRejects(() => client.resume(saved), TypeError);
    }
  });
});

Deno.test("resume() that is refused leaves no listener on the signal", async () => {
  await inWorld({}, async ({ client }) => {
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    await assertRejects(() =>
      client.resume("abc", undefined, { signal, interval: "soon" as "1s" })
    );
    await assertRejects(() => client.resume("", undefined, { signal }));
    assertEquals(listeners(), 0);
  });
});

Deno.test("resume() gives a training the same handle", async () => {
  const train = async (_: unknown, job: import("../../src/testing/mod.ts").FakeJob) => {
    await job.sleep(2000);
    job.log("step 1\n");
    await job.sleep(2000);
    return {};
  };
  await inWorld({ "acme/trainer": { train }, "acme/mine": {} }, async ({ client, requests }) => {
    const { latest_version } = await client.models.get("acme", "trainer");
    const create = () =>
      client.trainings.create("acme", "trainer", latest_version!.id, {
        destination: "acme/mine",
        input: {},
      });
    const job = await client.resume(await create());
    const events: string[] = [];
    for await (const { event } of job.events()) events.push(event);
    assertEquals(events.at(-1), "done");
    assert(events.includes("logs"));
    const second = await client.resume((await create()).id);
    await second.cancel();
    assertEquals([second.status, cancels(requests())], ["canceled", 1]);
  });
});
