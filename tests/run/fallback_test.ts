import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Client,
  type FallbackOptions,
  model,
  PredictionError,
  type Ref,
  type Sink,
  TimeoutError,
} from "../../mod.ts";
import type { FakeModel } from "../../src/testing/mod.ts";
import { cancels, creates, inWorld, sleep, taking } from "./world.ts";

const input = { prompt: "a fig" };
const A = "acme/a";
const B = "acme/b";
const C = "acme/c";

/** A model that fails after `ms` milliseconds. */
const failing = (message: string, ms = 0): FakeModel => ({
  official: true,
  run: async (_, job) => {
    await job.sleep(ms);
    throw new Error(message);
  },
});

const MEMORY = "CUDA out of memory";

Deno.test("client.run() of several models runs the next one where one fails, and says who has answered", () =>
  inWorld(
    { [A]: failing(MEMORY), [B]: failing("Job interrupted"), [C]: taking(100, "c") },
    async (it) => {
      const run = it.client.run([A, B, C], { input });
      const { index, ref, output, prediction, failures } = await run.answer();
      assertEquals([index, ref, output, prediction.model], [2, C, "c", C]);
      assertEquals(failures.map(({ kind }) => kind), ["memory", "interrupted"]);
      assertEquals([await run, (await run.prediction()).id], ["c", prediction.id]);
      assertEquals(await run.text(), "c");
      assertEquals(creates(it.requests()), 3);
    },
  ));

Deno.test("client.run() of several models runs no second one where the first succeeds", () =>
  inWorld({ [A]: taking(60_000, "a"), [B]: taking(1, "b") }, async ({ client, requests }) => {
    assertEquals(await client.run([A, B], { input }), "a");
    assertEquals([creates(requests()), cancels(requests())], [1, 0]);
  }));

Deno.test("client.run() of several models never has two that run, without hedge", () =>
  inWorld(
    { [A]: failing(MEMORY, 5000), [B]: failing(MEMORY, 5000), [C]: taking(10) },
    async (it) => {
      let running = 0;
      const most = (async () => {
        let most = 0;
        for (let at = 0; at < 1000; at++) {
          running = [...it.fake.predictions.values()].filter(({ terminal }) => !terminal).length;
          most = Math.max(most, running);
          await sleep(20);
        }
        return most;
      })();
      await it.client.run([A, B, C], { input });
      assertEquals(await most, 1);
    },
  ));

Deno.test("client.run() of several models throws a failure whose kind is not in on, and other errors", () =>
  inWorld({ [A]: failing("NSFW content detected"), [B]: taking(1, "b") }, async (it) => {
    const { client, requests } = it;
    const error = await assertRejects(() => client.run([A, B], { input }), PredictionError);
    assertEquals(error.kind, "moderation");
    assertEquals(creates(requests()), 1);
    assertEquals(await client.run([A, B], { input, on: ["moderation"] }), "b");
    it.fake.fault({ match: { method: "POST" }, status: 500 });
    await assertRejects(() => client.run([A, B], { input }), Error, "500");
    assertEquals(creates(requests()), 4);
  }));

Deno.test("client.run() of several models throws the last failure, with the ones before as causes", () =>
  inWorld({ [A]: failing(MEMORY), [B]: failing("Job interrupted") }, async ({ client }) => {
    const error = await assertRejects(() => client.run([A, B], { input }), PredictionError);
    assertEquals(error.kind, "interrupted");
    assert(error.cause instanceof PredictionError);
    assertEquals([error.cause.kind, error.cause.cause], ["memory", undefined]);
  }));

Deno.test("client.run() of several models maps the input of each from that of the first", () =>
  inWorld({
    [A]: failing(MEMORY),
    [B]: { official: true, run: (given) => given },
  }, async ({ client }) => {
    const map = [undefined, ({ prompt }: { prompt?: string }) => ({ text: prompt })];
    const options = { input, map } as FallbackOptions;
    assertEquals(await client.run([A, B], options), { text: "a fig" });
  }));

Deno.test("client.run() of several models with hedge runs the next beside, and cancels the loser once", () =>
  inWorld(
    { [A]: taking(60_000, "a"), [B]: taking(1000, "b") },
    async ({ client, elapsed, requests }) => {
      const { index, failures } = await client.run([A, B], { input, hedge: "5s" }).answer();
      assertEquals([index, failures], [1, []]);
      assert(elapsed() >= 6000 && elapsed() < 6500, `${elapsed()} ms`);
      await sleep(1000);
      assertEquals([creates(requests()), cancels(requests())], [2, 1]);
    },
  ));

Deno.test("client.run() of several models with hedge takes the first where that is faster", () =>
  inWorld(
    { [A]: taking(7000, "a"), [B]: taking(60_000, "b") },
    async ({ client, fake, requests }) => {
      assertEquals(await client.run([A, B], { input, hedge: "5s" }), "a");
      await sleep(1000);
      assertEquals(cancels(requests()), 1);
      assertEquals([...fake.predictions.values()].map(({ status }) => status), [
        "succeeded",
        "canceled",
      ]);
    },
  ));

Deno.test("client.run() of several models with hedge goes on with the others where one fails", () =>
  inWorld(
    { [A]: failing(MEMORY, 6000), [B]: taking(9000, "b"), [C]: taking(1, "c") },
    async (it) => {
      const { index, failures } = await it.client.run([A, B, C], { input, hedge: "5s" }).answer();
      // B ends after 14 s, and C is run after 10 s.
      assertEquals([index, failures.length], [2, 1]);
      const alone = await it.client.run([B, A], { input: {}, hedge: "5s" }).answer();
      assertEquals([alone.index, alone.failures.length], [0, 0]);
      // Where nothing runs any more, the next does not wait for its time.
      const before = it.elapsed();
      assertEquals(await it.client.run([A, C], { input, hedge: "1h" }), "c");
      assert(it.elapsed() - before < 7000);
    },
  ));

Deno.test("client.run() of several models has one deadline and one signal for all", () =>
  inWorld(
    { [A]: failing(MEMORY, 4000), [B]: taking(60_000) },
    async ({ client, elapsed, requests }) => {
      const error = await assertRejects(
        () => client.run([A, B], { input, timeout: "6s", wait: false }),
        TimeoutError,
        "Cannot run acme/b",
      );
      assertEquals([error.phase, elapsed()], ["deadline", 6000]);
      await sleep(100);
      assertEquals(cancels(requests()), 1);

      const reason = new Error("enough");
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 9000);
      const { signal } = controller;
      const hedged = client.run([B, B], { input, signal, hedge: "2s" });
      assertEquals(await hedged.catch((error) => error), reason);
      assertEquals(elapsed() - 6100, 9000);
      await sleep(100);
      assertEquals([creates(requests()), cancels(requests())], [4, 3]);

      const gone = client.run([A, B], { input, signal: AbortSignal.abort(reason) });
      assertEquals(await gone.catch((error) => error), reason);
      assertEquals(creates(requests()), 4);
    },
  ));

Deno.test("client.run() of several models reruns each by its rule, and tells the progress of each", () =>
  inWorld({ [A]: failing(MEMORY), [B]: taking(100, "b") }, async ({ client, requests }) => {
    const seen = new Set<string>();
    const rerun = { attempts: 2, on: ["memory" as const] };
    await client.run(
      [A, B],
      { input, rerun },
      ({ model, status }) => seen.add(`${model} ${status}`),
    );
    assertEquals(creates(requests()), 3);
    assert(seen.has("acme/a failed") && seen.has("acme/b succeeded"), [...seen].join());
  }));

Deno.test("client.run() of several models keeps the files of the one that has answered", () =>
  inWorld({ [A]: failing(MEMORY), [B]: taking(100, "b") }, async ({ client }) => {
    const kept: string[] = [];
    const keep: Sink["keep"] = (_, { prediction }) => {
      kept.push(prediction.model);
      return Promise.resolve([]);
    };
    const { stored } = await client.run([A, B], { input, sink: { keep } }).answer();
    assertEquals([stored, kept], [[], [B]]);
  }));

Deno.test("client.run() of several models refuses what cannot be used, before the first request", () =>
  inWorld({ [A]: taking(1), [B]: taking(1) }, async ({ client, requests }) => {
    const refused = async (refs: readonly Ref[], options: object, text: string): Promise<void> => {
      const given = { input, ...options } as FallbackOptions;
      await assertRejects(() => client.run(refs, given), Error, text);
    };
    await refused([], {}, "the list of models is empty");
    await refused([A, "b"], {}, 'Cannot run "b"');
    await refused([A, B], { hegde: "1s" }, "did you mean hedge?");
    await refused([A, B], { hedge: "soon" }, "as hedge");
    await refused([A, B], { on: ["canceled"] }, "one of on");
    await refused([A, B], { on: "memory" }, "Cannot use on: give a list");
    await refused([A, B], { map: { [B]: () => ({}) } }, "give map as a list");
    await refused([A, B], { map: [undefined, () => undefined] }, "give its input");
    await refused([A, B], { timeout: "never" }, "as timeout");
    const single = client.run as (ref: Ref, options: object) => Promise<unknown>;
    await assertRejects(() => single.call(client, A, { input, hedge: "1s" }), TypeError, "hedge");
    assertEquals(requests(), []);
  }));

Deno.test("client.run() of several models keeps the types of each", async () => {
  const draw = model<{ prompt: string }, string[]>(A);
  const write = model<{ text: string }, string>(B);
  const typed = (client: Client) =>
    client.run([draw, write], {
      input: { prompt: "a fig" },
      map: [undefined, ({ prompt }) => ({ text: prompt.toUpperCase() })],
    });
  const models = {
    [A]: failing(MEMORY),
    [B]: { official: true, run: ({ text }) => text } as FakeModel,
  };
  await inWorld(models, async ({ client }) => {
    const output: string | string[] = await typed(client);
    assertEquals(output, "A FIG");
    const answer = await typed(client).answer();
    if (answer.index === 1) assertEquals(answer.output.length, 5);
  });
});
