/**
 * What must compile of typed models, and what must not. The functions are compiled, and never called: the
 * step `types` of `deno task test` fails when a line below an expected error has none.
 */

import { assertEquals } from "@std/assert";
import {
  type BatchResult,
  type ChunkOf,
  type Client,
  type FileOutput,
  type InputOf,
  model,
  type OutputOf,
  type Ref,
  type Run,
} from "@x/replicate";
import * as models from "./models.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function expectTrue<T extends true>(): T | void {}

export async function inputs(client: Client): Promise<void> {
  const { typedPainter, chat, reader, silent } = models;
  await client.run(typedPainter, { input: { prompt: "a fig", image: new Blob([]) } });
  await client.run(typedPainter, { input: { prompt: "a fig", image: "https://a.b/c" } });
  await client.run(typedPainter, { input: { prompt: "a fig", seed: null, steps: undefined } });
  await client.run(typedPainter, { input: { prompt: "a fig", frames: [new Uint8Array(1)] } });
  await client.run(silent, { input: { anything: 1 } });
  // @ts-expect-error: it is required
  await client.run(typedPainter, { input: {} });
  // @ts-expect-error: there is no such field
  await client.run(typedPainter, { input: { prompt: "a fig", promt: "x" } });
  // @ts-expect-error: there is no such choice
  await client.run(typedPainter, { input: { prompt: "a fig", aspect_ratio: "1:2" } });
  // @ts-expect-error: it is a number
  await client.run(typedPainter, { input: { prompt: "a fig", steps: "4" } });
  // @ts-expect-error: a number is no file
  await client.run(typedPainter, { input: { prompt: "a fig", image: 1 } });
  // @ts-expect-error: there is no such field
  await client.start(chat, { input: { promt: "x" } });
  // @ts-expect-error: there is no such field
  client.stream(chat, { input: { promt: "x" } });
  // @ts-expect-error: there is no such field
  client.batch(chat, [{ promt: "x" }]);
  // @ts-expect-error: there is no such field
  client.use(chat)({ promt: "x" });
  // @ts-expect-error: there is no such choice
  client.run(reader, { input: { audio: "https://a.b/c", language: "l1000" } });
  // @ts-expect-error: there is no such way to check
  client.run(chat, { input: {}, validate: "loose" });
  const ref: Ref = typedPainter;
  void ref;
}

export async function outputs(client: Client): Promise<void> {
  const { typedPainter, chat, frames, reader, otherPainter, untyped, model3dOdd } = models;
  const input = { prompt: "a fig" };
  const pictures: FileOutput[] = await client.run(typedPainter, { input });
  const text: string = await client.run(chat, { input });
  const output = await client.run(reader, { input: { audio: "https://a.b/c" } });
  expectTrue<Same<typeof output.segments[number]["start"], number>>();
  expectTrue<Same<typeof output.srt_file, FileOutput | null | undefined>>();
  expectTrue<Same<OutputOf<typeof untyped>, unknown>>();
  expectTrue<Same<ChunkOf<typeof frames>, FileOutput>>();
  expectTrue<Same<ChunkOf<typeof chat>, string>>();
  expectTrue<Same<InputOf<typeof chat>, models.ChatInput>>();
  const files: FileOutput[] = await client.run(typedPainter, { input }).files();
  const file: FileOutput = await client.run(otherPainter, { input: {} }).file();
  const whole: string = await client.run(chat, { input }).text();
  // @ts-expect-error: its output has no file
  client.run(chat, { input }).file();
  // @ts-expect-error: its output has no file
  client.run(chat, { input }).files();
  // @ts-expect-error: its output is no text
  client.run(typedPainter, { input }).text();
  // @ts-expect-error: its output is no text
  client.run(reader, { input: { audio: "https://a.b/c" } }).text();
  // @ts-expect-error: its output is no text
  client.use(typedPainter)({ prompt: "a fig" }).text();
  // What may be anything has every view.
  const anything = client.run(untyped, { input: {} });
  expectTrue<Same<typeof anything, Run<unknown>>>();
  await client.run(model3dOdd, { input: {} }).files();
  const plain = client.run("acme/unknown", { input: { anything: 1 } });
  expectTrue<Same<typeof plain, Run<unknown>>>();
  const job = await client.start(frames, { input: {} });
  for await (const { event, data } of job.events()) {
    if (event === "output") expectTrue<Same<typeof data, FileOutput>>();
  }
  const resumed: string = await (await client.resume("id", chat)).output();
  for await (const result of client.batch(typedPainter, [input])) {
    expectTrue<Same<typeof result, BatchResult<typeof typedPainter>>>();
    if (result.status === "fulfilled") expectTrue<Same<typeof result.value, FileOutput[]>>();
  }
  void [pictures, text, files, file, whole, resumed];
}

export async function names(client: Client): Promise<void> {
  const text: string = await client.run("typed/chat", { input: { prompt: "hi" } });
  // @ts-expect-error: there is no such field
  await client.run("typed/chat", { input: { promt: "hi" } });
  // @ts-expect-error: its output is no text
  client.run("typed/painter", { input: { prompt: "a fig" } }).text();
  for await (const result of client.batch("typed/chat", [{ prompt: "hi" }])) {
    if (result.status === "fulfilled") void result.value;
  }
  void text;
}

export async function trainings(client: Client): Promise<void> {
  const { typedTrainerTrainer, typedTrainer } = models;
  const destination = "acme/mine";
  const input = { images: new Blob([]), steps: 10 };
  const training = await client.trainings.create(typedTrainerTrainer, { destination, input });
  if (training.status === "succeeded") {
    expectTrue<Same<typeof training.output.weights, string | null | undefined>>();
  }
  await client.trainings.create("acme", "trainer", "0".repeat(64), { destination, input });
  // @ts-expect-error: there is no such field
  client.trainings.create(typedTrainerTrainer, { destination, input: { image: "x" } });
  // @ts-expect-error: the destination is missing
  client.trainings.create(typedTrainerTrainer, { input });
  // @ts-expect-error: a model is no trainer
  client.trainings.create(typedTrainer, { destination, input });
  // @ts-expect-error: a trainer is not run
  client.run(typedTrainerTrainer, { input });
}

export async function byHand(client: Client): Promise<void> {
  const shout = model<{ text: string }, string>("acme/shout");
  const output: string = await client.run(shout, { input: { text: "a" } });
  // @ts-expect-error: its output has no file
  client.run(shout, { input: { text: "a" } }).file();
  void output;
}

Deno.test("types of typed models are checked when the tests are compiled", () => {
  assertEquals(models.chat.ref, "typed/chat");
});
