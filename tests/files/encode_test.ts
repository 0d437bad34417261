import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { InputError } from "../../src/errors.ts";
import { encodeInput } from "../../src/files/encode.ts";
import { FileInput } from "../../src/files/file_input.ts";
import { FileOutput } from "../../src/files/output.ts";
import type { UploadProgress } from "../../src/http/options.ts";
import { PredictionsApi } from "../../src/resources/predictions.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import { rejection } from "../rejection.ts";
import { bytes, connect } from "./helpers.ts";

Deno.test("encodeInput() uploads by default, and leaves the input as it is", async () => {
  const { fake, send } = connect();
  const image = bytes("abc");
  const input = Object.freeze({ image, list: Object.freeze([image]) });
  const encoded = await encodeInput(send, input, {}) as { image: string; list: string[] };
  const [file] = fake.files.values();
  assertEquals(encoded.image, `https://api.replicate.com/v1/files/${file?.id}`);
  assertEquals(encoded.list, [encoded.image]);
  assertEquals(input.image, image);
});

Deno.test("encodeInput() sends nothing when something in the input cannot be sent", async () => {
  const { fake, send } = connect();
  const inputs = [
    { image: bytes("abc"), bad: new Map() },
    { image: bytes("abc"), bad: Promise.resolve([() => 1]) },
    { image: bytes("abc"), bad: Promise.reject(new Error("from the caller")) },
    { image: bytes("abc"), bad: FileInput.fromPath("/nowhere/at-all.png") },
    { image: bytes("abc"), bad: new Response("gone", { status: 404 }) },
    ...["text", undefined].map((piece) => ({
      image: bytes("abc"),
      bad: (async function* () {
        yield await Promise.resolve(piece);
      })(),
    })),
  ];
  const messages = await Promise.all(
    inputs.map(async (input) => (await rejection(encodeInput(send, input, {}))).message),
  );
  assertEquals(messages.map((message) => message.replace(/ENOENT.*/, "ENOENT")), [
    "Cannot send input.bad: Map is not JSON: give text, a number, a list or a plain object",
    "Cannot send input.bad[0]: function is not JSON: give text, a number, a list or a plain object",
    "from the caller",
    "Cannot send input.bad: ENOENT",
    "Cannot send input.bad: the response is an error (404)",
    "Cannot send input.bad: it yields something else than bytes",
    "Cannot send input.bad: it yields something else than bytes",
  ]);
  assertEquals(fake.requests.length, 0);
});

Deno.test("encodeInput() refuses streams that were read", async () => {
  const { send } = connect();
  const response = new Response("abc");
  await response.text();
  const stream = new Blob(["abc"]).stream();
  stream.getReader();
  for (
    const [value, why] of [
      [response, "it has been read"],
      [stream, "the stream is locked"],
    ] as const
  ) {
    await assertRejects(() => encodeInput(send, { value }, {}), TypeError, `input.value: ${why}`);
  }
});

Deno.test("encodeInput() never fetches what is referred to by its URL", async () => {
  const { fake, send } = connect();
  const url = "https://example.com/a.png";
  const input = { a: FileInput.fromUrl(url), b: FileInput.fromUrl(new URL(url)), c: new URL(url) };
  assertEquals(await encodeInput(send, input, { encoding: "data-uri" }), {
    a: url,
    b: url,
    c: url,
  });
  assertEquals(fake.requests.length, 0);
});

Deno.test("encodeInput() takes the encoding of the file, then of the call, then of the client", async () => {
  const { fake, send } = connect({ fileEncoding: "data-uri" });
  const inline = "data:application/octet-stream;base64,YQ==";
  const upload = FileInput.fromBytes(bytes("a"), { encoding: "upload" });
  assertEquals(await encodeInput(send, { a: bytes("a") }, {}), { a: inline });
  const both = { a: bytes("a"), b: upload, c: upload.with({ encoding: "data-uri" }) };
  const encoded = await encodeInput(send, both, { encoding: "upload" }) as Record<string, string>;
  assertEquals(Object.values(encoded).map((url) => url.split(":")[0]), ["https", "https", "data"]);
  assertEquals(fake.files.size, 2);
});

Deno.test('encodeInput() writes small files into the JSON with "auto", up to 1 MB in all', async () => {
  const { fake, send } = connect();
  const files = Array.from({ length: 5 }, () => new Uint8Array(256_000));
  const input = { list: [...files, new Uint8Array(256_001)] };
  const { list } = await encodeInput(send, input, { encoding: "auto" }) as { list: string[] };
  assertEquals(list.map((url) => url.split(":")[0]), [
    ...["data", "data", "data"],
    ...["https", "https", "https"],
  ]);
  assertEquals(fake.files.size, 3);
});

Deno.test("encodeInput() warns of a data: URL above 1 MB, and refuses 10 MB", async () => {
  const warnings: string[] = [];
  const { fake, send } = connect({ onWarning: (message) => warnings.push(message) });
  const encode = (...list: number[]): Promise<object> =>
    encodeInput(send, { list: list.map((size) => new Uint8Array(size)) }, { encoding: "data-uri" });
  await encode(1_000_000, 1_000_001);
  assertEquals(warnings, [
    'input.list[1] is sent as a data: URL of 1000001 bytes; above 1 MB use the encoding "upload"',
  ]);
  await encode(5_000_000, 5_000_000);
  const error = await assertRejects(() => encode(5_000_000, 5_000_000, 1), InputError);
  assertEquals(error.issues.map(({ path, code }) => [path, code]), [[
    "input.list[2]",
    "too_large",
  ]]);
  assertEquals(fake.requests.length, 0);
});

Deno.test("encodeInput() uploads the same object once", async () => {
  const { fake, send } = connect();
  const stream = new Blob(["abc"]).stream();
  const blob = new Blob(["abc"]);
  const input = { a: stream, b: [stream, { c: blob }], d: blob, e: Promise.resolve(blob) };
  const { a, b, d, e } = await encodeInput(send, input, {}) as Record<string, unknown>;
  assertEquals([b, e], [[a, { c: d }], d]);
  assertEquals(fake.files.size, 2);
});

Deno.test("uploads.cache refers to an earlier upload until it expires or the object changes", async () => {
  await withFakeTime(async (time) => {
    const { fake, send } = connect({ uploads: { cache: true } });
    const data = bytes("abc");
    const blob = new Blob(["abc"]);
    const encode = (): Promise<object> => encodeInput(send, { data, blob }, {});
    const first = await encode();
    assertEquals(await encode(), first);
    assertEquals(await encodeInput(send.with({ retry: false }), { data, blob }, {}), first);
    assertEquals(fake.files.size, 2);
    data[0] = 0;
    await encode();
    assertEquals(fake.files.size, 3);
    await encodeInput(send.with({ auth: "r8_other" }), { blob }, {});
    assertEquals(fake.files.size, 4);
    const uploaded = fake.requestsOf("files.create").length;
    await time.tick(23 * 3_600_000);
    await encode();
    assertEquals(fake.requestsOf("files.create").length, uploaded);
    await time.tick(3_600_000);
    await encode();
    assertEquals(fake.requestsOf("files.create").length, uploaded + 2);
  });
});

Deno.test("without uploads.cache each call uploads", async () => {
  const { fake, send } = connect();
  const data = bytes("abc");
  await encodeInput(send, { data }, {});
  await encodeInput(send, { data }, {});
  assertEquals(fake.files.size, 2);
});

Deno.test("encodeInput() uploads 5 files side by side", async () => {
  const elapsed = await withFakeTime(async (time) => {
    const { fake, send } = connect({ fake: { latency: 200 } });
    await encodeInput(send, { list: Array.from("12345", bytes) }, {});
    assertEquals(fake.files.size, 5);
    return time.elapsed();
  });
  assert(elapsed < 400, `${elapsed} ms`);
});

Deno.test("encodeInput() uploads no more files at once than uploads.concurrency says", async () => {
  await withFakeTime(async (time) => {
    const { send } = connect({ fake: { latency: 200 }, uploads: { concurrency: 2 } });
    await encodeInput(send, { list: Array.from("12345", bytes) }, {});
    assertEquals(time.elapsed(), 600);
  });
});

Deno.test("encodeInput() ends at once when the signal aborts, and creates nothing", async () => {
  await withFakeTime(async (time) => {
    const { fake, send } = connect({ fake: { latency: 200 } });
    const controller = new AbortController();
    const predictions = new PredictionsApi(send);
    const call = predictions.create({
      version: "acme/echo",
      input: { a: bytes("a"), b: bytes("b") },
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error("left")), 50);
    assertEquals((await rejection(call)).message, "left");
    assertEquals(time.elapsed(), 50);
    await time.tick(10_000);
    assertEquals([fake.files.size, fake.predictions.size], [0, 0]);
  });
});

Deno.test("encodeInput() does not wait for promises and streams of a caller who has left", async () => {
  const { send } = connect();
  for (const make of [() => new Promise(() => {}), () => new ReadableStream()]) {
    const controller = new AbortController();
    const request = { signal: controller.signal };
    const call = encodeInput(send, { slow: make() }, { request });
    setTimeout(() => controller.abort(new Error("left")), 5);
    assertEquals((await rejection(call)).message, "left");
  }
});

Deno.test("encodeInput() cancels a large stream that a caller who has left waits for", async () => {
  const { send } = connect();
  const controller = new AbortController();
  let reason: unknown;
  const stream = new ReadableStream({ cancel: (why) => void (reason = why) });
  const file = FileInput.fromStream(stream, { size: 9_000_000 });
  const call = encodeInput(send, { file }, { request: { signal: controller.signal } });
  setTimeout(() => controller.abort("left"), 5);
  await call.catch(() => {});
  assertEquals(reason, "left");
});

Deno.test("encodeInput() writes no stream into the JSON that is longer than was said", async () => {
  const { send } = connect();
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 10; count++) yield await Promise.resolve(new Uint8Array(1_000_000));
  }
  const file = FileInput.fromStream(pieces(), { size: 8_500_000 });
  const error = await rejection(encodeInput(send, { file }, { encoding: "data-uri" }));
  assertInstanceOf(error, TypeError);
  assertEquals(error.message, "Cannot send input.file: it has more than 8500000 bytes");
});

Deno.test("encodeInput() leaves a stream that it writes into the JSON when the signal aborts", async () => {
  const { send } = connect();
  const controller = new AbortController();
  let reason: unknown;
  const stream = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(1000)),
    cancel: (why) => void (reason = why),
  });
  const file = FileInput.fromStream(stream, { size: 9_000_000, encoding: "data-uri" });
  const call = encodeInput(send, { file }, { request: { signal: controller.signal } });
  setTimeout(() => controller.abort(new Error("left")), 5);
  const error = await rejection(call);
  assertEquals([error.message, reason], ["left", error]);
});

Deno.test("FileInput.fromStream() takes a FileOutput, whose bytes are sent", async () => {
  const { fake, send } = connect();
  const output = new FileOutput(send, "data:text/plain;base64,Zmln");
  const file = FileInput.fromStream(output, { filename: "fig.txt" });
  await encodeInput(send, { file }, {});
  const [sent] = fake.files.values();
  assertEquals([sent?.name, await sent?.blob.text()], ["fig.txt", "fig"]);
});

Deno.test("encodeInput() begins no more uploads when one fails", async () => {
  await withFakeTime(async (time) => {
    const faults = [{ match: { path: "/files", nth: 2 }, status: 422 }];
    const { fake, send } = connect({
      fake: { latency: 500, faults },
      uploads: { concurrency: 2 },
    });
    const call = encodeInput(send, { list: Array.from("123456", bytes) }, {});
    assertEquals((await rejection(call)).name, "ApiError");
    await time.tick(10_000);
    assertEquals(fake.requestsOf("files.create").length <= 3, true);
  });
});

Deno.test("onUpload is told of each file's bytes", async () => {
  const { send } = connect();
  const seen: UploadProgress[] = [];
  const data = new Uint8Array(200_000);
  await encodeInput(send, { list: [data] }, { onUpload: (progress) => seen.push(progress) });
  assert(seen.length > 2);
  assertEquals(seen.at(-1), {
    path: "input.list[0]",
    filename: "file",
    loaded: 200_000,
    total: 200_000,
  });
  const loaded = seen.map((progress) => progress.loaded);
  assertEquals(loaded, loaded.toSorted((a, b) => a - b));
});

Deno.test("what onUpload throws is what the call rejects with, as the cause", async () => {
  const { fake, send } = connect();
  const onUpload = (): never => {
    throw new Error("from the callback");
  };
  const error = await rejection(encodeInput(send, { a: bytes("a") }, { onUpload }));
  assertEquals((error.cause as Error).message, "from the callback");
  assertEquals(fake.requestsOf("files.create").length <= 1, true);
});

Deno.test("FileInput says what is wrong with its arguments", () => {
  assertThrows(() => FileInput.fromUrl("a.png"), TypeError, "give a whole URL");
  assertThrows(() => FileInput.fromPath(new URL("https://a.b/c")), TypeError, "give a path");
  assertThrows(() => FileInput.fromPath(""), TypeError, "give a path");
  assertThrows(() => FileInput.fromBytes("text" as never), TypeError, "give a typed array");
  assertThrows(() => FileInput.fromStream({} as never), TypeError, "give a stream");
  const make = (options: object) => () => FileInput.fromBytes(bytes("a"), options);
  assertThrows(make({ filename: "é".repeat(128) }), TypeError, "1 to 255 bytes");
  assertThrows(make({ filename: "" }), TypeError, "1 to 255 bytes");
  assertThrows(make({ contentType: "a/b\r\nx: y" }), TypeError, "contentType");
  assertThrows(make({ encoding: "base64" }), TypeError, 'as encoding: give "upload"');
  assertThrows(() => FileInput.fromStream(new ReadableStream(), { size: -1 }), RangeError, "size");
});

Deno.test("FileInput.with() makes another one", () => {
  const first = FileInput.fromBytes(bytes("a"), { filename: "a.png", metadata: { n: 1 } });
  const second = first.with({ filename: "b.png", encoding: "auto" });
  assertEquals([first.filename, first.encoding], ["a.png", undefined]);
  assertEquals([second.filename, second.encoding, second.metadata], ["b.png", "auto", { n: 1 }]);
});

Deno.test("FileInput does not show its bytes", () => {
  const input = FileInput.fromBytes(bytes("secret"), { filename: "a" });
  assertEquals(JSON.stringify(input), '{"kind":"bytes","filename":"a"}');
  assertEquals(Deno.inspect(input).includes("115"), false);
});

Deno.test("a FileInput of another copy of this package is sent as well", async () => {
  const copy: { FileInput: typeof FileInput } = await import("../../src/files/file_input.ts?copy");
  assert(copy.FileInput !== FileInput);
  const { fake, send } = connect();
  const file = copy.FileInput.fromBytes(bytes("fig"), { filename: "fig.txt" });
  const link = copy.FileInput.fromUrl("https://example.com/fig.txt");
  const input = await encodeInput(send, { file, link }, {}) as { file: string; link: string };
  assertEquals(input.link, "https://example.com/fig.txt");
  assertEquals([...fake.files.values()].map(({ name }) => name), ["fig.txt"]);
});
