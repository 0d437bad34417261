import {
  APICallError,
  embed,
  embedMany,
  experimental_generateSpeech as generateSpeech,
  experimental_generateVideo as generateVideo,
  experimental_transcribe as transcribe,
  generateImage,
} from "npm:ai@7.0.173";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { FakeInput, FakeJob, FakeModel } from "../../src/testing/mod.ts";
import type { JsonSchema } from "../../src/schema/mod.ts";
import { rejection } from "../rejection.ts";
import { FILE, FILES, inAiWorld, INTEGER, NUMBER, TEXT } from "./world.ts";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function made(
  properties: Record<string, JsonSchema>,
  run: (input: FakeInput, job: FakeJob) => unknown,
): FakeModel {
  return { official: true, schema: { type: "object", properties } as JsonSchema, run };
}

/** As `black-forest-labs/flux-schnell` has it. */
const flux = made({
  prompt: TEXT,
  num_outputs: { type: "integer", maximum: 4 },
  aspect_ratio: { type: "string", enum: ["1:1", "16:9"] },
  seed: INTEGER,
  image: FILE,
  mask: FILE,
  go_fast: { type: "boolean" },
}, ({ num_outputs }) =>
  Array.from(
    { length: Number(num_outputs ?? 1) },
    () => new File([PNG], "out.png", { type: "image/png" }),
  ));

Deno.test("generateImage() makes images by the fields of the model", () =>
  inAiWorld({ "acme/flux": flux }, async ({ ai, inputs }) => {
    const { images, warnings, providerMetadata } = await generateImage({
      model: ai.image("acme/flux"),
      prompt: "a fig",
      n: 5,
      aspectRatio: "16:9",
      seed: 7,
      providerOptions: { replicate: { go_fast: true } },
    });
    const common = { prompt: "a fig", aspect_ratio: "16:9", seed: 7, go_fast: true };
    assertEquals(inputs(), [{ ...common, num_outputs: 4 }, common]);
    assertEquals(images.map((it) => [it.mediaType, it.uint8Array.length]), [
      ...Array(5).fill(["image/png", 8]),
    ]);
    assertEquals(warnings, []);
    assertEquals(providerMetadata.replicate?.images.length, 5);
  }));

Deno.test("generateImage() edits with a mask, and warns of a size and a ratio that are no choice", () =>
  inAiWorld({ "acme/flux": flux }, async ({ ai, inputs }) => {
    const { warnings } = await generateImage({
      model: ai.image("acme/flux"),
      prompt: { text: "a fig", images: [PNG], mask: PNG },
      size: "640x480",
      aspectRatio: "2:3",
    });
    assertEquals(Object.keys(inputs()[0]!), ["prompt", "image", "mask"]);
    assert(String(inputs()[0]?.image).startsWith("https://api.replicate.com/v1/files/"));
    assertEquals(warnings, [
      { type: "unsupported", feature: "size" },
      { type: "unsupported", feature: "aspectRatio", details: 'aspect_ratio takes "1:1", "16:9"' },
    ]);
  }));

Deno.test("generateImage() sets sizes, and numbered fields of images", () => {
  const fields = { prompt: TEXT, width: INTEGER, height: INTEGER, input_image: FILE };
  const models = {
    "acme/sized": made({ ...fields, input_image_2: FILE }, () => new Blob([PNG])),
  };
  return inAiWorld(models, async ({ ai, inputs }) => {
    const { warnings } = await generateImage({
      model: ai.image("acme/sized"),
      prompt: { text: "both", images: [PNG, "https://example.com/b.png", PNG] },
      size: "640x480",
    });
    const { input_image, ...rest } = inputs()[0]!;
    assertEquals(typeof input_image, "string");
    assertEquals(rest, {
      prompt: "both",
      width: 640,
      height: 480,
      input_image_2: "https://example.com/b.png",
    });
    assertEquals(warnings.length, 1);
  });
});

Deno.test("generateImage() pays once: for no image, and for one that cannot be downloaded", () =>
  inAiWorld({
    "acme/empty": made({ prompt: TEXT }, () => []),
    "acme/flux": flux,
  }, async ({ ai, fake }) => {
    await assertRejects(() => generateImage({ model: ai.image("acme/empty"), prompt: "a fig" }));
    assertEquals(fake.predictions.size, 1);
    fake.fault({ match: { path: "/delivery/*" }, status: 503, times: Infinity });
    const error = await generateImage({ model: ai.image("acme/flux"), prompt: "a fig" })
      .catch((error: unknown) => error);
    assert(APICallError.isInstance(error), String(error));
    assertEquals([error.statusCode, error.isRetryable, fake.predictions.size], [503, false, 2]);
  }));

Deno.test("generateImage() is canceled by its signal", () =>
  inAiWorld({
    "acme/slow": made({ prompt: TEXT }, async (_, job) => {
      await job.sleep(60_000);
      return new Blob([PNG]);
    }),
  }, async ({ ai, fake, elapsed }) => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("left")), 5000);
    const model = ai.image("acme/slow");
    const call = generateImage({ model, prompt: "a fig", abortSignal: abort.signal });
    await assertRejects(() => call, Error, "left");
    await new Promise((resolve) => setTimeout(resolve, 100));
    assertEquals(fake.cancels.length, 1);
    assert(elapsed() < 6000);
  }));

Deno.test("generateVideo() makes a video, with the first frame and the settings of the model", () => {
  const video = new Uint8Array([0, 0, 0, 0x18, 0x66, 0x74, 0x79, 0x70]);
  const fields = {
    prompt: TEXT,
    image: FILE,
    duration: { type: "integer", enum: [5, 10] },
    aspect_ratio: TEXT,
    last_frame: FILE,
  };
  const models = {
    "acme/film": made(fields, () => new File([video], "out.mp4", { type: "video/mp4" })),
    "acme/text": made(fields, () => "no file"),
    "acme/none": made(fields, () => []),
  };
  return inAiWorld(models, async ({ ai, inputs, fake }) => {
    const { videos, warnings } = await generateVideo({
      model: ai.video("acme/film"),
      prompt: { text: "waves", image: PNG },
      duration: 5,
      aspectRatio: "16:9",
      fps: 24,
      frameImages: [{ image: "https://example.com/end.png", frameType: "last_frame" }],
    });
    assertEquals([videos[0]?.mediaType, videos[0]?.uint8Array], ["video/mp4", video]);
    const { image, ...rest } = inputs()[0]!;
    assertEquals([typeof image, rest.duration, rest.prompt], ["string", 5, "waves"]);
    assertEquals(warnings.filter((it) => it.type === "unsupported").map((it) => it.feature), [
      "fps",
    ]);
    const error = await generateVideo({ model: ai.video("acme/text"), prompt: "waves" })
      .catch((error: unknown) => error);
    assert(APICallError.isInstance(error) && !error.isRetryable, String(error));
    assertEquals(error.message, "Cannot give the output as files: it is a string, with no files");
    const none = await generateVideo({ model: ai.video("acme/none"), prompt: "waves" })
      .catch((error: unknown) => error);
    assert(APICallError.isInstance(none) && !none.isRetryable, String(none));
    assertEquals(none.message, "Cannot give a video: the output of acme/none has no file");
    assertEquals(fake.predictions.size, 3);
  });
});

Deno.test("generateSpeech() speaks a text", () => {
  const mp3 = new Uint8Array([0x49, 0x44, 0x33, 4]);
  const fields = { text: TEXT, voice_id: TEXT, speed: NUMBER, language_boost: TEXT };
  const models = {
    "acme/voice": made(fields, () => new File([mp3], "out.mp3", { type: "audio/mpeg" })),
  };
  return inAiWorld(models, async ({ ai, inputs }) => {
    const { audio, warnings } = await generateSpeech({
      model: ai.speech("acme/voice"),
      text: "Hello",
      voice: "Wise_Woman",
      speed: 1.2,
      outputFormat: "wav",
    });
    assertEquals(audio.uint8Array, mp3);
    assertEquals(inputs(), [{ text: "Hello", voice_id: "Wise_Woman", speed: 1.2 }]);
    assertEquals(warnings, [{ type: "unsupported", feature: "outputFormat" }]);
  });
});

const WAV = new Uint8Array([0x52, 0x49, 0x46, 0x46, 0, 0, 0, 0, 0x57, 0x41, 0x56, 0x45]);

Deno.test("transcribe() reads the transcripts of different models", () => {
  const words = [{ word: "Hi", start: 0, end: 0.4 }, { word: "Ada", start: 0.5, end: 1 }];
  const one = { text: "Hi Ada", startSecond: 0, endSecond: 1 };
  const fine = { segments: [one], words: [] as unknown[], language: "en" };
  const outputs: [unknown, Partial<typeof fine>][] = [
    // openai/whisper
    [
      {
        transcription: " Hi Ada",
        segments: [{ text: "Hi Ada", start: 0, end: 1 }],
        detected_language: "en",
      },
      fine,
    ],
    // vaibhavs10/incredibly-fast-whisper
    [{ text: " Hi Ada", chunks: [{ text: "Hi Ada", timestamp: [0, 1] }] }, { segments: [one] }],
    // victor-upmeet/whisperx
    [
      { segments: [{ text: "Hi Ada", start: 0, end: 1, words }], detected_language: "en" },
      { segments: [one], language: "en", words: [0, 0.5] },
    ],
    // openai/gpt-4o-transcribe, as text that is streamed
    [["Hi", " Ada"], {}],
    ["Hi Ada", {}],
  ];
  const models = Object.fromEntries(outputs.map(([output], index) => [
    `acme/ear-${index}`,
    made({ audio: FILE }, () => output),
  ]));
  return inAiWorld(models, async ({ ai, fake }) => {
    for (const [index, [, wanted]] of outputs.entries()) {
      const model = ai.transcription(`acme/ear-${index}`);
      const { text, segments, language } = await transcribe({ model, audio: WAV });
      assertEquals(text, "Hi Ada");
      assertEquals([segments, language], [wanted.segments ?? [], wanted.language]);
      const { words } = await model.doGenerate({ audio: WAV, mediaType: "audio/wav" });
      if (wanted.words?.length) assertEquals(words?.map((it) => it.startSecond), wanted.words);
    }
    assertEquals(fake.files.size, 10);
  });
});

Deno.test("transcribe() hands a URL on, and says when there is no text", () =>
  inAiWorld({
    "acme/ear": made({ audio_file: FILE, timestamp: TEXT }, () => "Hi"),
    "acme/deaf": made({ audio: FILE }, () => ({ noise: 1 })),
  }, async ({ ai, inputs }) => {
    const audio = new URL("https://example.com/a.mp3");
    await transcribe({
      model: ai.transcription("acme/ear"),
      audio,
      timestampGranularities: ["word"],
    });
    assertEquals(inputs(), [{ audio_file: audio.href, timestamp: "word" }]);
    const error = await transcribe({ model: ai.transcription("acme/deaf"), audio })
      .catch((error: unknown) => error);
    assert(APICallError.isInstance(error) && !error.isRetryable, String(error));
    assertEquals(error.message, "Cannot give a transcript: the output of acme/deaf has no text");
  }));

Deno.test("embed() and embedMany() embed texts: a list, JSON, or one by one", () => {
  const vector = (text: unknown): number[] => [String(text).length, 1];
  const counting = (value: unknown) => (_: FakeInput, job: FakeJob) => {
    job.metric("input_token_count", 4);
    return value;
  };
  const models = {
    "acme/list": made(
      { texts: { type: "array", items: TEXT } },
      ({ texts }, job) => counting((texts as string[]).map(vector))({}, job),
    ),
    "acme/json": made(
      { texts: TEXT },
      ({ texts }, job) =>
        counting({ embeddings: (JSON.parse(String(texts)) as string[]).map(vector) })({}, job),
    ),
    "acme/one": made(
      { text: TEXT },
      ({ text }, job) => counting([{ embedding: vector(text) }])({}, job),
    ),
  };
  return inAiWorld(models, async ({ ai, fake }) => {
    for (const [index, name] of Object.keys(models).entries()) {
      const model = ai.embedding(name);
      const { embedding, usage } = await embed({ model, value: "fig" });
      assertEquals([embedding, usage.tokens], [[3, 1], 4]);
      const before = fake.predictions.size;
      const { embeddings } = await embedMany({ model, values: ["a", "bb"] });
      assertEquals(embeddings, [[1, 1], [2, 1]]);
      assertEquals(fake.predictions.size - before, index === 2 ? 2 : 1);
    }
  });
});

Deno.test("embed() says when the output has no embedding", () =>
  inAiWorld(
    { "acme/none": made({ text: TEXT, images: FILES }, () => "no") },
    async ({ ai, fake }) => {
      const error = await embed({ model: ai.embedding("acme/none"), value: "fig" })
        .catch((error: unknown) => error);
      assert(APICallError.isInstance(error) && !error.isRetryable, String(error));
      assertEquals(
        error.message,
        "Cannot give embeddings: the output of acme/none has 0 for 1 texts",
      );
      assertEquals(fake.predictions.size, 1);
    },
  ));

Deno.test("an image model makes as many images at once as its schema says", () => {
  const most: [JsonSchema | undefined, number][] = [
    [{ type: "integer", maximum: 4 }, 4],
    [{ type: "integer", enum: [1, 2, 8] }, 8],
    [INTEGER, 1],
    [undefined, 1],
  ];
  const models = Object.fromEntries(most.map(([field], index) => [
    `acme/many-${index}`,
    made({ prompt: TEXT, ...(field && { num_outputs: field }) }, () => new Blob([PNG])),
  ]));
  return inAiWorld({ ...models, "acme/bare": made({}, () => "") }, async ({ ai }) => {
    for (const [index, [, wanted]] of most.entries()) {
      const { maxImagesPerCall } = ai.image(`acme/many-${index}`);
      assertEquals(await (maxImagesPerCall as () => Promise<number>)(), wanted);
    }
    const { maxImagesPerCall } = ai.image("acme/bare");
    assertEquals(await (maxImagesPerCall as () => Promise<number>)(), 1);
  });
});

Deno.test("generateImage() sets a size in one field, and warns where there is none", () => {
  const models = {
    "acme/one": made({ prompt: TEXT, size: TEXT }, () => new Blob([PNG])),
    "acme/list": made(
      { prompt: TEXT, size: { type: "array", items: INTEGER } },
      () => new Blob([PNG]),
    ),
    "acme/none": made({ prompt: TEXT }, () => new Blob([PNG])),
  };
  return inAiWorld(models, async ({ ai, inputs }) => {
    const warnings = [];
    for (const name of Object.keys(models)) {
      const made = await generateImage({ model: ai.image(name), prompt: "a fig", size: "64x64" });
      warnings.push(made.warnings.length);
    }
    assertEquals(warnings, [0, 1, 1]);
    assertEquals(inputs().map(({ size }) => size), ["64x64", undefined, undefined]);
  });
});

Deno.test("an embedding model takes as many texts at once as it has a field for", () =>
  inAiWorld({
    "acme/list": made({ text: { type: "array", items: TEXT } }, ({ text }) =>
      (text as string[]).map(() => [1, 2])),
    "acme/one": made({ text: TEXT }, () => [1, 2]),
    "acme/bare": made({}, () => [1, 2]),
  }, async ({ ai, inputs }) => {
    const most = [];
    for (const name of ["acme/list", "acme/one", "acme/bare"]) {
      most.push(await ai.embedding(name).maxEmbeddingsPerCall);
    }
    assertEquals(most, [undefined, 1, 1]);
    const { embeddings } = await embedMany({
      model: ai.embedding("acme/list"),
      values: ["a", "b"],
    });
    assertEquals([embeddings.length, inputs()], [2, [{ text: ["a", "b"] }]]);
    const error = await rejection(
      Promise.resolve(ai.embedding("acme/one").doEmbed({ values: ["a", "b"] })),
    );
    assertEquals(
      error.message,
      "Cannot embed 2 texts with acme/one: it takes one; use embedMany",
    );
  }));

Deno.test("transcribe() asks for segments or for words where a model has a choice", () =>
  inAiWorld({ "acme/ear": made({ audio: FILE, timestamp: TEXT }, () => "Hi") }, async (world) => {
    const { ai, inputs } = world;
    const audio = new URL("https://example.com/a.mp3");
    const model = ai.transcription("acme/ear");
    await transcribe({ model, audio, timestampGranularities: ["segment"] });
    await transcribe({ model, audio });
    assertEquals(inputs().map(({ timestamp }) => timestamp), ["chunk", undefined]);
  }));
