import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Client, type Prediction, ReplicateError } from "../../mod.ts";
import { customSink, keepFiles, keepOutput, type KeptOutput } from "../../src/sinks/mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { signWebhook, webhookHandler } from "../../src/webhooks/mod.ts";
import { inWorld, sleep } from "../run/world.ts";
import { FIG, making, PLUM, shelf } from "./world.ts";

const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

/** A webhook of a job. */
async function delivery(job: object, id?: string): Promise<Request> {
  const body = JSON.stringify(job);
  const headers = await signWebhook(body, { secret, id });
  return new Request("https://app.example/hooks", { method: "POST", headers, body });
}

/** A prediction that has ended, of a model that makes two files. */
async function withPrediction(
  test: (prediction: Prediction, fake: FakeReplicate) => Promise<void>,
): Promise<void> {
  await using fake = new FakeReplicate({ models: { "acme/two": making(FIG, PLUM) } });
  const client = new Client({ auth: "r8_test", fetch: fake.fetch });
  await test(await client.run("acme/two", { input: {} }).prediction(), fake);
}

Deno.test("keepFiles() keeps the files of a webhook before it is answered", () =>
  withPrediction(async (prediction, fake) => {
    const { files, put } = shelf();
    const calls: [string, KeptOutput, string][] = [];
    const handler = webhookHandler({
      secret,
      on: {
        completed: keepFiles(customSink(put), (job, kept, { id }) => {
          calls.push([job.id, kept, id]);
        }, { fetch: fake.fetch }),
      },
    });
    const { status } = await handler(await delivery(prediction, "msg_1"));
    assertEquals([status, [...files.values()].sort()], [204, ["a fig", "a plum"]]);
    const [[id, kept, message]] = calls as [[string, KeptOutput, string]];
    const keys = [`${prediction.id}-0-fig.txt`, `${prediction.id}-1-plum.txt`];
    assertEquals([id, message], [prediction.id, "msg_1"]);
    assertEquals(kept.files.map(({ location }) => location), keys);
    assertEquals(JSON.parse(JSON.stringify(kept.output)), keys);
  }));

Deno.test("keepFiles() makes the answer 500 when files are not kept, so that they are delivered again", () =>
  withPrediction(async (prediction, fake) => {
    const { files, put } = shelf();
    const errors: unknown[] = [];
    const listened: string[] = [];
    let broken = true;
    const sink = customSink((file) => {
      if (broken) throw new Error("the store is down");
      return put(file);
    }, { attempts: 1 });
    const handler = webhookHandler({
      secret,
      on: { completed: keepFiles(sink, (job) => listened.push(job.id), { fetch: fake.fetch }) },
      onError: (error) => errors.push(error),
    });
    assertEquals((await handler(await delivery(prediction, "msg_1"))).status, 500);
    assertEquals([files.size, listened.length, String(errors[0]).includes("is down")], [
      0,
      0,
      true,
    ]);
    broken = false;
    assertEquals((await handler(await delivery(prediction, "msg_1"))).status, 204);
    assertEquals([files.size, listened], [2, [prediction.id]]);
  }));

Deno.test("keepFiles() holds the answer back until files are kept, with patience and a waitUntil", () =>
  inWorld({ "acme/two": making(FIG, PLUM) }, async ({ client, fake, elapsed }) => {
    const prediction = await client.run("acme/two", { input: {} }).prediction();
    const { files, put } = shelf();
    const slow = customSink(async (file) => {
      await sleep(20_000);
      return await put(file);
    });
    const left: Promise<unknown>[] = [];
    const handler = webhookHandler({
      secret,
      patience: "5m",
      waitUntil: (promise) => void left.push(promise),
      on: { completed: keepFiles(slow, undefined, { fetch: fake.fetch }) },
    });
    const before = elapsed();
    assertEquals((await handler(await delivery(prediction))).status, 204);
    assertEquals([files.size, left.length, elapsed() - before >= 20_000], [2, 0, true]);
  }));

Deno.test("keepFiles() hands on a job that has made nothing, and needs no listener", () =>
  withPrediction(async (prediction, fake) => {
    const { files, put } = shelf();
    const statuses: unknown[] = [];
    const listener = keepFiles(customSink(put), (job: Prediction, kept) => {
      statuses.push([job.status, kept]);
    });
    await listener({ ...prediction, status: "failed", output: null } as Prediction, {});
    assertEquals(statuses, [["failed", { output: null, files: [] }]]);
    await keepFiles(customSink(put), undefined, { fetch: fake.fetch })(prediction, {});
    assertEquals(files.size, 2);
  }));

Deno.test("keepOutput() keeps what a sink had failed to keep, and refuses what is not there", () =>
  withPrediction(async (prediction, fake) => {
    const { files, put } = shelf();
    const sink = customSink(put);
    const options = { fetch: fake.fetch };
    const kept = await keepOutput(prediction, sink, options);
    assertEquals(kept.files.map(({ size }) => size), [5, 6]);
    assertEquals(files.size, 2);
    await assertRejects(
      () => keepOutput({ ...prediction, status: "processing" } as Prediction, sink),
      TypeError,
      "it is processing; wait for its end",
    );
    await assertRejects(
      () => keepOutput({ ...prediction, data_removed: true } as Prediction, sink),
      ReplicateError,
      "Replicate has deleted its data",
    );
    const reason = await keepOutput(prediction, sink, {
      ...options,
      signal: AbortSignal.abort("no"),
    })
      .catch((it) => it);
    assertEquals(reason, "no");
  }));

Deno.test("keepFiles() refuses a missing sink, a listener that is no function, unknown options", () => {
  const sink = customSink(shelf().put);
  assertThrows(() => keepFiles(undefined as never), TypeError, "give a sink first");
  assertThrows(() => keepFiles({} as never), TypeError, "Cannot use this as sink");
  assertThrows(() => keepFiles(sink, "on" as never), TypeError, "the listener is no function");
  const wrong = { token: "r8" } as never;
  assertThrows(() => keepFiles(sink, undefined, wrong), TypeError, "there is no option token");
  assert(keepFiles(sink) instanceof Function);
});
