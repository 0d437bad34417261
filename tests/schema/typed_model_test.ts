/** Typed models in the hands of a client. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Client } from "../../src/client.ts";
import { InputError } from "../../src/errors.ts";
import { FileOutput } from "../../src/files/output.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { PredictionError } from "../../src/run/errors.ts";
import { model } from "../../src/schema/model.ts";
import { FakeReplicate } from "../../src/testing/fake.ts";
import type { FakeModel } from "../../src/testing/types.ts";
import * as models from "./models.ts";

function world(
  definitions: Record<string, FakeModel>,
  options: ClientOptions = {},
): { fake: FakeReplicate; client: Client } {
  const fake = new FakeReplicate({ models: definitions });
  return { fake, client: new Client({ auth: "r8_test", fetch: fake.fetch, ...options }) };
}

Deno.test("run() refuses the wrong input of a typed model before anything is uploaded or sent", async () => {
  const { fake, client } = world({ "typed/painter": { official: true, run: () => [] } });
  const input = { prompt: "a fig", image: new Blob(["x"]), steps: 99, promt: "x" };
  const error = await assertRejects(
    () => client.run(models.typedPainter, { input }),
    InputError,
    "Cannot create a prediction for typed/painter: input.steps: Must be less than or equal to 50; " +
      "input.promt: Additional property promt is not allowed (did you mean prompt?)",
  );
  assertEquals(error.issues.map(({ path }) => path), ["input.steps", "input.promt"]);
  assertEquals(fake.requests.length, 0);
});

Deno.test("start(), stream(), batch() and use() check the input of a typed model too", async () => {
  const { fake, client } = world({ "typed/painter": { official: true, run: () => [] } });
  const input = { prompt: "a fig", steps: 0 };
  await assertRejects(() => client.start(models.typedPainter, { input }), InputError);
  await assertRejects(
    async () => await client.stream(models.typedPainter, { input })[Symbol.asyncIterator]().next(),
    InputError,
  );
  const painter = client.use(models.typedPainter, { input: { prompt: "a fig" } });
  await assertRejects(() => painter(input), InputError);
  const reasons: unknown[] = [];
  for await (const result of client.batch(models.typedPainter, [input, { prompt: "a plum" }])) {
    reasons.push(result.status === "rejected" ? result.reason instanceof InputError : result.value);
  }
  assertEquals(reasons, [true, []]);
  assertEquals(fake.requests.filter(({ method }) => method === "POST").length, 1);
});

Deno.test("validate can be off, or warn, for a client or for one call", async () => {
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  const run = (input: object): string => JSON.stringify(input);
  const { client } = world({ "typed/chat": { official: true, run } }, { onWarning });
  const given = { input: { max_tokens: "4" as unknown as number, prompt: null as never } };
  assertEquals(
    await client.run(models.chat, { ...given, validate: "off" }),
    '{"max_tokens":"4","prompt":null}',
  );
  assertEquals(
    await client.run(models.chat, { ...given, validate: "warn" }),
    '{"max_tokens":"4"}',
  );
  assertEquals(warnings, [
    "Cannot create a prediction for typed/chat: input.max_tokens: Invalid type. Expected: integer, " +
    "given: string",
  ]);
  assertEquals(await client.run(models.chat, { ...given, coerce: true }), '{"max_tokens":4}');
  const lax = client.with({ validate: "off" });
  assertEquals(await lax.run(models.chat, given), '{"max_tokens":"4","prompt":null}');
  await assertRejects(
    () => client.run(models.chat, { input: {}, validate: "loose" as "off" }),
    TypeError,
    "validate",
  );
});

Deno.test("run() reads the output of a typed model by its schema", async () => {
  const { client } = world({
    "typed/chat": { official: true, run: () => ["https:", "//a.b"] },
    "typed/frames": { official: true, run: () => ["http://gateway.local/1.png", "no url"] },
    "typed/reader": {
      official: true,
      run: () => ({ text: "https://a.b/c", segments: [{ start: 1 }], srt_file: new Blob(["1"]) }),
    },
  });
  const text: string = await client.run(models.chat, { input: {} });
  assertEquals(text, "https://a.b");
  assertEquals(await client.run(models.chat, { input: {} }).text(), "https://a.b");
  const [first, second] = await client.run(models.frames, { input: {} });
  assert(first instanceof FileOutput);
  assertEquals(second as unknown, "no url");
  const input = { audio: "https://a.b/c.mp3" };
  const output = await client.run(models.reader, { input });
  assertEquals([output.text, output.segments[0]?.start], ["https://a.b/c", 1]);
  assertEquals(await output.srt_file?.text(), "1");
  const job = await client.start(models.chat, { input: {} });
  assertEquals(await job.output(), "https://a.b");
  const resumed = await client.resume(job.id, models.chat);
  assertEquals(await resumed.output(), "https://a.b");
  for await (const result of client.batch(models.chat, [{}])) {
    assertEquals(result.status === "fulfilled" && result.value, "https://a.b");
  }
});

Deno.test("job.events() gives the pieces of a typed output", async () => {
  const run = async function* (): AsyncGenerator<unknown> {
    yield "http://gateway.local/1.png";
    yield "http://gateway.local/2.png";
  };
  const { client } = world({ "typed/frames": { official: true, run } });
  const job = await client.start(models.frames, { input: {} });
  const pieces: string[] = [];
  for await (const { event, data } of job.events()) if (event === "output") pieces.push(data.href);
  assertEquals(pieces, ["http://gateway.local/1.png", "http://gateway.local/2.png"]);
});

Deno.test("secrets of an input appear in no error, no record and no store", async () => {
  const secret = "sk-0123456789";
  const fails = model<{ api_key?: string }, string>("acme/fails", {
    schema: { input: { properties: { api_key: { type: "string", format: "password" } } } },
  });
  const seen: unknown[] = [];
  const run = ({ api_key }: { api_key?: unknown }, job: { log(text: string): void }): never => {
    seen.push(api_key);
    job.log(`using ${api_key}`);
    throw new Error(`Incorrect API key: ${api_key}`);
  };
  const { client } = world({ "acme/fails": { official: true, run } });
  const input = { api_key: secret };
  const error = await assertRejects(() => client.run(fails, { input }), PredictionError);
  assertEquals(seen, [secret]);
  const shown = [error.message, error.stack, Deno.inspect(error), JSON.stringify(error.prediction)];
  assertEquals(shown.filter((text) => text?.includes(secret)), []);
  assert(error.message.includes("Incorrect API key: [secret]"));
  const store = new Map<string, unknown>();
  for await (const result of client.batch(fails, [input], { store })) {
    assertEquals(result.status, "rejected");
    assertEquals(JSON.stringify(result.prediction).includes(secret), false);
  }
  assertEquals(store.size > 0, true);
  assertEquals(JSON.stringify([...store]).includes(secret), false);
});

Deno.test("an error of the server that quotes a secret is shown without it", async () => {
  const secret = "sk-0123456789";
  const body = { title: "Bad", detail: `no ${secret}`, status: 422 };
  const fetch = (): Promise<Response> => Promise.resolve(Response.json(body, { status: 422 }));
  const client = new Client({ auth: "r8_test", fetch });
  const input = { prompt: "a fig", api_key: secret };
  const error = await client.run(models.typedPainter, { input }).catch((error) => error);
  assertEquals(error.status, 422);
  assertEquals(
    [error.message, error.detail, error.body, error.stack].filter((it) => it.includes(secret)),
    [],
  );
});

Deno.test("trainings.create() takes a typed trainer, checks its input and finds its version", async () => {
  const { fake, client } = world({
    "typed/trainer": { train: () => ({ weights: "https://a.b/weights" }) },
    "acme/mine": {},
  });
  const destination = "acme/mine";
  const wrong = { images: "https://a.b/c.zip", steps: 0 };
  await assertRejects(
    () => client.trainings.create(models.typedTrainerTrainer, { destination, input: wrong }),
    InputError,
    "Cannot create a training for typed/trainer: input.steps",
  );
  assertEquals(fake.requests.length, 0);
  const input = { images: new Blob(["x"]), steps: 1 };
  const training = await client.trainings.create(models.typedTrainerTrainer, {
    destination,
    input,
  });
  const { output } = await client.wait(training);
  assertEquals(output?.weights, "https://a.b/weights");
});

Deno.test("batch() finds a job of a typed model again after a restart, with nulls in its input", async () => {
  const { fake, client } = world({ "typed/chat": { official: true, run: () => ["x"] } });
  const store = new Map<string, unknown>();
  const inputs = [{ prompt: "hi", max_tokens: null as never }];
  const settle = async (): Promise<unknown[]> => {
    const values: unknown[] = [];
    for await (const result of client.batch(models.chat, inputs, { store })) {
      values.push(result.status === "fulfilled" ? result.value : result.reason);
    }
    return values;
  };
  assertEquals(await settle(), ["x"]);
  assertEquals(await settle(), ["x"]);
  assertEquals(fake.requests.filter(({ method }) => method === "POST").length, 1);
});
