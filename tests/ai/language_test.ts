import {
  APICallError,
  generateText,
  jsonSchema,
  Output,
  RetryError,
  streamText,
  tool,
} from "npm:ai@7.0.173";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { PredictionError } from "../../mod.ts";
import { inputOptions } from "../../src/ai/mod.ts";
import { model } from "../../src/schema/mod.ts";
import { creates } from "../run/world.ts";
import { chat, FILE, GPT, inAiWorld, INTEGER, LLAMA, TEXT } from "./world.ts";

const MODELS = { "acme/llama": chat(LLAMA), "acme/gpt": chat(GPT) };
const CONVERSATION = [
  { role: "user" as const, content: "Hi" },
  { role: "assistant" as const, content: "Hello." },
  { role: "user" as const, content: "A poem?" },
];

Deno.test("generateText() runs a model with its settings, and tells usage and ends", () =>
  inAiWorld(MODELS, async ({ ai, inputs, requests }) => {
    const { text, usage, finishReason, warnings, response, providerMetadata } = await generateText({
      model: ai("acme/llama"),
      system: "Be brief.",
      prompt: "Rain?",
      maxOutputTokens: 50,
      temperature: 0.5,
      topK: 3,
      stopSequences: ["END", "###"],
    });
    assertEquals([text, finishReason], ["Rain taps softly", "stop"]);
    assertEquals(inputs(), [{
      prompt: "Rain?",
      system_prompt: "Be brief.",
      max_tokens: 50,
      temperature: 0.5,
      stop_sequences: "END,###",
    }]);
    assertEquals([usage.inputTokens, usage.outputTokens, usage.totalTokens], [11, 3, 14]);
    assertEquals(warnings, [{ type: "unsupported", feature: "topK" }]);
    assertEquals(providerMetadata?.replicate?.id, response.id);
    assertEquals(requests().filter((it) => it.startsWith("POST")).length, 1);
  }));

Deno.test("generateText() ends by length where the model has written all that it may", () =>
  inAiWorld(MODELS, async ({ ai }) => {
    const call = { model: ai("acme/llama"), prompt: "Rain?", maxOutputTokens: 3 };
    assertEquals((await generateText(call)).finishReason, "length");
  }));

Deno.test("streamText() streams each word, and has usage and finish reason at the end", () =>
  inAiWorld(MODELS, async ({ ai, elapsed, fake }) => {
    const result = streamText({ model: ai("acme/llama"), prompt: "Rain?" });
    const words: [string, boolean][] = [];
    for await (const word of result.textStream) words.push([word, elapsed() < 350]);
    assertEquals(words.map(([word]) => word), ["Rain", " taps", " softly"]);
    assert(words[0]![1], "the first word came with the last one");
    const usage = await result.usage;
    assertEquals([usage.inputTokens, usage.outputTokens], [11, 3]);
    assertEquals(await result.finishReason, "stop");
    assertEquals((await result.response).id, [...fake.predictions.keys()][0]);
    assertEquals(fake.cancels, []);
  }));

Deno.test("streamText() completes a model that has no stream", () =>
  inAiWorld({ "acme/mute": chat(LLAMA, { stream: false }) }, async ({ ai }) => {
    const result = streamText({ model: ai("acme/mute"), prompt: "Rain?" });
    assertEquals(await result.text, "Rain taps softly");
  }));

Deno.test("generateText() and streamText() take no output of a running prediction for the end", () =>
  inAiWorld({ "acme/slow": chat(LLAMA, { linger: 5000 }) }, async ({ ai, elapsed }) => {
    const { text, usage } = await generateText({ model: ai("acme/slow"), prompt: "Rain?" });
    assertEquals([text, usage.outputTokens], ["Rain taps softly", 3]);
    assert(elapsed() >= 5000);
    const result = streamText({ model: ai("acme/slow"), prompt: "Rain?" });
    assertEquals([await result.text, (await result.usage).outputTokens], ["Rain taps softly", 3]);
    assert(elapsed() >= 10_000);
  }));

Deno.test("generateText() sends a conversation as messages, or as the text of a prompt", () =>
  inAiWorld(MODELS, async ({ ai, inputs }) => {
    await generateText({ model: ai("acme/gpt"), system: "Be brief.", messages: CONVERSATION });
    assertEquals(inputs()[0], {
      messages: [{ role: "system", content: "Be brief." }, ...CONVERSATION],
    });
    const { warnings } = await generateText({ model: ai("acme/llama"), messages: CONVERSATION });
    const prompt = "User: Hi\n\nAssistant: Hello.\n\nUser: A poem?\n\nAssistant:";
    assertEquals(inputs()[1], { prompt });
    assertEquals(warnings?.map((it) => it.type), ["compatibility"]);
  }));

Deno.test("generateText() uploads images, and hands their URLs on", () =>
  inAiWorld(
    { ...MODELS, "acme/eye": chat({ prompt: TEXT, image: FILE }) },
    async ({ ai, inputs, fake }) => {
      const image = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
      const ask = (content: unknown[]) => [{ role: "user" as const, content: content as never }];
      const parts = [{ type: "text", text: "What is it?" }, { type: "image", image }];
      await generateText({ model: ai("acme/gpt"), messages: ask(parts) });
      const [url] = inputs()[0]?.image_input as string[];
      assert(url?.startsWith("https://api.replicate.com/v1/files/"), url);
      const away = new URL("https://example.com/cat.png");
      const { warnings } = await generateText({
        model: ai("acme/eye"),
        messages: ask([...parts, { type: "image", image: away }]),
      });
      assertEquals([...fake.files.values()].map((it) => it.blob.type), ["image/png", "image/png"]);
      assertEquals(typeof inputs()[1]?.image, "string");
      assertEquals(warnings, [{
        type: "unsupported",
        feature: "files of type image",
        details: "the model takes 1 of them: the others are left out",
      }]);
      // In a conversation, each image stays with its message, and nothing is downloaded.
      await generateText({
        model: ai("acme/gpt"),
        messages: [...CONVERSATION, ...ask([{ type: "image", image: away }])],
      });
      const messages = inputs()[2]?.messages as { content: unknown }[];
      assertEquals(messages.at(-1)?.content, [
        { type: "text", text: "" },
        { type: "image_url", image_url: { url: away.href } },
      ]);
    },
  ));

Deno.test("generateText() warns of choices that the model lacks, and of tools", () =>
  inAiWorld(MODELS, async ({ ai, inputs }) => {
    const { warnings } = await generateText({
      model: ai("acme/gpt"),
      prompt: "Hi",
      reasoning: "medium",
      tools: { look: tool({ inputSchema: jsonSchema({ type: "object" }) }) },
    });
    assertEquals(warnings, [
      {
        type: "unsupported",
        feature: "reasoning",
        details: 'reasoning_effort takes "low", "high"',
      },
      { type: "unsupported", feature: "tools" },
    ]);
    await generateText({ model: ai("acme/gpt"), prompt: "Hi", reasoning: "high" });
    assertEquals(inputs()[1], { prompt: "Hi", reasoning_effort: "high" });
  }));

Deno.test("generateText() gives objects: JSON is asked for in words, or by json_schema", () => {
  const words = ['{"city":', ' "Paris"}'];
  const models = {
    "acme/plain": chat({ prompt: TEXT }, { words }),
    "acme/strict": chat({ prompt: TEXT, json_schema: { type: "object" } }, { words }),
  };
  const schema = { type: "object" as const, properties: { city: { type: "string" as const } } };
  const output = Output.object({ schema: jsonSchema<{ city: string }>(schema) });
  return inAiWorld(models, async ({ ai, inputs }) => {
    for (const name of ["acme/plain", "acme/strict"]) {
      const { output: object } = await generateText({
        model: ai(name),
        prompt: "Capital?",
        output,
      });
      assertEquals(object, { city: "Paris" });
    }
    const [plain, strict] = inputs();
    assert(String(plain?.prompt).includes('JSON schema: {"type":"object"'), String(plain?.prompt));
    assertEquals(strict?.prompt, "Capital?");
    assert(JSON.stringify(strict?.json_schema).includes('"city"'));
  });
});

Deno.test("a typed model needs no question for its schema, and checks its options", () =>
  inAiWorld(MODELS, async ({ ai, inputs, requests }) => {
    const llama = model<{ prompt: string; max_tokens?: number }, string[]>("acme/llama", {
      schema: { input: { properties: { prompt: TEXT, max_tokens: INTEGER } } },
    });
    await generateText({
      model: ai(llama),
      prompt: "Hi",
      maxOutputTokens: 9,
      providerOptions: inputOptions(llama, { max_tokens: 5 }),
    });
    assertEquals(inputs(), [{ prompt: "Hi", max_tokens: 5 }]);
    assertEquals(requests()[0], "POST /models/acme/llama/predictions");
  }));

Deno.test("the schema of a model is asked for once, and a bare version is supposed to be usual", () =>
  inAiWorld(MODELS, async ({ ai, fake, inputs }) => {
    for (const prompt of ["Hi", "Ho"]) await generateText({ model: ai("acme/llama"), prompt });
    assertEquals(fake.requestsOf("models.get").length, 1);
    const { warnings } = await generateText({
      model: ai(fake.version("acme/llama")),
      prompt: "Hi",
      maxOutputTokens: 9,
    });
    assertEquals(warnings?.map((it) => it.type), ["other"]);
    assertEquals(inputs()[2], { prompt: "Hi", max_tokens: 9 });
  }));

Deno.test("a model whose schema names no field, or that has none, is supposed to be usual", () =>
  inAiWorld({ "acme/open": chat({}) }, async ({ ai, inputs }) => {
    const call = { model: ai("acme/open"), prompt: "Hi", temperature: 1 };
    assertEquals((await generateText(call)).warnings?.map((it) => it.type), ["other"]);
    assertEquals(inputs(), [{ prompt: "Hi", temperature: 1 }]);
  }));

Deno.test("a model without a prompt is refused before anything is created", () =>
  inAiWorld({ "acme/scale": chat({ image: FILE }) }, async ({ ai, inputs }) => {
    await assertRejects(
      () => generateText({ model: ai("acme/scale"), prompt: "Hi" }),
      TypeError,
      "Cannot run acme/scale as a language model: its input has neither prompt nor messages, but image",
    );
    assertEquals(inputs(), []);
  }));

Deno.test("an abort cancels the prediction once: in generateText() and in streamText()", () =>
  inAiWorld({ "acme/llama": chat(LLAMA, { words: Array(50).fill("x") }) }, async ({ ai, fake }) => {
    const one = new AbortController();
    const text = generateText({
      model: ai("acme/llama"),
      prompt: "Hi",
      abortSignal: one.signal,
    });
    setTimeout(() => one.abort(), 300);
    const error = await text.catch((error: unknown) => error);
    assertEquals((error as Error).name, "AbortError");

    const two = new AbortController();
    const seen: string[] = [];
    const { stream } = streamText({
      model: ai("acme/llama"),
      prompt: "Hi",
      abortSignal: two.signal,
    });
    for await (const { type } of stream) {
      if (type === "text-delta" && seen.push(type) === 2) two.abort();
      if (type === "abort") seen.push(type);
    }
    assertEquals(seen.at(-1), "abort");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assertEquals([...fake.cancels].sort(), [...fake.predictions.keys()].sort());
  }));

Deno.test("a reader who cancels a stream cancels the prediction", () =>
  inAiWorld({ "acme/llama": chat(LLAMA, { words: Array(50).fill("x") }) }, async ({ ai, fake }) => {
    const prompt = [{ role: "user" as const, content: [{ type: "text", text: "Hi" }] }];
    const { stream } = await ai("acme/llama").doStream({ prompt });
    const reader = stream.getReader();
    for (let parts = 0; parts < 4; parts++) await reader.read();
    await reader.cancel();
    assertEquals(fake.cancels, [...fake.predictions.keys()]);
  }));

/** A model that fails after its first word. */
const broken = chat(LLAMA, {
  async *run(_, job) {
    yield "Rain";
    await job.sleep(100);
    throw new Error("CUDA out of memory");
  },
});

Deno.test("a failed prediction is an APICallError that is not tried again", () =>
  inAiWorld({ "acme/broken": broken }, async ({ ai, fake }) => {
    const error = await generateText({ model: ai("acme/broken"), prompt: "Hi" })
      .catch((error: unknown) => error);
    assert(APICallError.isInstance(error), String(error));
    assert(error.cause instanceof PredictionError);
    assertEquals([error.isRetryable, error.cause.kind], [false, "memory"]);
    assertEquals(error.requestBodyValues, undefined);

    const errors: unknown[] = [];
    const result = streamText({
      model: ai("acme/broken"),
      prompt: "Hi",
      onError: ({ error }) => void errors.push(error),
    });
    const words = [];
    for await (const word of result.textStream) words.push(word);
    assertEquals(words, ["Rain"]);
    assertEquals(await result.finishReason, "error");
    assert(APICallError.isInstance(errors[0]) && !errors[0].isRetryable);
    assertEquals(fake.predictions.size, 2);
  }));

Deno.test("a create is tried again only if the server refused it", () =>
  inAiWorld(MODELS, async ({ ai, fake, requests }) => {
    const create = { method: "POST", path: /\/predictions$/ };
    const call = { model: ai("acme/llama"), prompt: "Hi" };
    // A server that may have created it: one create, and no more.
    for (const fault of [{ status: 500 }, { drop: "after" as const }]) {
      const before = creates(requests());
      fake.fault({ match: create, ...fault });
      const error = await generateText(call).catch((error: unknown) => error);
      assert(APICallError.isInstance(error) && !error.isRetryable, String(error));
      assertEquals(creates(requests()), before + 1);
    }
    // The client has tried 4 times, and the SDK calls again.
    fake.fault({ match: create, status: 429, retryAfter: 1, times: 4 });
    assertEquals((await generateText(call)).text, "Rain taps softly");
    fake.fault({ match: create, status: 402 });
    const error = await generateText(call).catch((error: unknown) => error);
    assert(APICallError.isInstance(error) && error.statusCode === 402 && !error.isRetryable);
  }));

Deno.test("a poll that the server refuses is no reason for a second prediction", () =>
  inAiWorld(
    { "acme/llama": chat(LLAMA, { words: Array(300).fill("x") }) },
    async ({ ai, fake }) => {
      fake.fault({
        match: { method: "GET", path: "/predictions/*" },
        status: 429,
        times: Infinity,
      });
      const error = await generateText({ model: ai("acme/llama"), prompt: "Hi" })
        .catch((error: unknown) => error);
      assert(APICallError.isInstance(error), String(error));
      assertEquals([error.statusCode, error.isRetryable], [429, false]);
      assertEquals(fake.predictions.size, 1);
    },
  ));

Deno.test("the question for the schema is asked again by the SDK", () =>
  inAiWorld(MODELS, async ({ ai, fake }) => {
    fake.fault({ match: { path: "/models/acme/llama" }, status: 503, times: 5 });
    assertEquals((await generateText({ model: ai("acme/llama"), prompt: "Hi" })).text.length, 16);
    fake.fault({ match: { path: "/models/acme/gpt" }, status: 503, times: 12 });
    const error = await generateText({ model: ai("acme/gpt"), prompt: "Hi" })
      .catch((error: unknown) => error);
    assert(RetryError.isInstance(error), String(error));
    assertEquals(fake.predictions.size, 1);
  }));
