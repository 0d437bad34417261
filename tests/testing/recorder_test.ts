import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { assertStringIncludes } from "@std/assert";
import { Client } from "../../mod.ts";
import { ReplicateError } from "../../src/errors.ts";
import {
  FakeReplicate,
  type RecordedExchange,
  recorder,
  type Recording,
  withFakeTime,
} from "../../src/testing/mod.ts";
import { record, scripted } from "../scripted.ts";

const TOKEN = "r8_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789";
const API = "https://api.replicate.com/v1";

/** A recorder of answers that a test writes, and a client that goes through it. */
function recorded(
  answer: Parameters<typeof scripted>[0],
  options: Parameters<typeof recorder>[1] = {},
): { tape: ReturnType<typeof recorder>; client: Client } {
  const tape = recorder(scripted(answer).fetch, options);
  return { tape, client: new Client({ auth: TOKEN, fetch: tape }) };
}

/** A client that asks a recording. */
async function played(
  source: string | object,
  options: Parameters<typeof FakeReplicate.from>[1] = {},
): Promise<{ fake: Awaited<ReturnType<typeof FakeReplicate.from>>; client: Client }> {
  const fake = await FakeReplicate.from(source, options);
  return { fake, client: new Client({ auth: "r8_another_token", fetch: fake.fetch }) };
}

/** A recording of a few exchanges. */
function recordingOf(...exchanges: RecordedExchange[]): Recording {
  return { format: "x-replicate-recording-1", exchanges };
}

const get = (path: string, json: unknown): RecordedExchange => ({
  request: { method: "GET", url: `${API}${path}` },
  answer: { status: 200, headers: { "content-type": "application/json" }, json },
});

const create = (input: object, json: unknown): RecordedExchange => ({
  request: { method: "POST", url: `${API}/models/acme/poet/predictions`, json: { input } },
  answer: { status: 201, headers: { "content-type": "application/json" }, json },
});

/** An app that uses most of a client. */
async function app(client: Client): Promise<unknown> {
  let poem = "";
  for await (const text of client.stream("acme/poet", { input: { prompt: "rain" } }).text()) {
    poem += text;
  }
  const image = new Blob(["a large image".repeat(50)], { type: "image/png" });
  const file = await client.run("acme/painter", { input: { image } }).file();
  const poems = await client.batch("acme/poet", [{ prompt: "sun" }, { prompt: "snow" }]);
  const failure = await client.run("acme/broken", { input: {} }).catch((error) => error.message);
  const ids: string[] = [];
  for await (const { id } of client.predictions.list()) ids.push(id);
  return {
    poem,
    bytes: (await file.bytes()).length,
    type: (await file.blob()).type,
    poems: poems.map((it) => it.status === "fulfilled" ? it.value : it.status),
    failure,
    ids,
  };
}

function fakeOfApp(): FakeReplicate {
  return new FakeReplicate({
    pageSize: 2,
    models: {
      "acme/poet": {
        official: true,
        async *run({ prompt }, job): AsyncGenerator<string> {
          for (const word of ["About ", `${prompt}.`]) {
            await job.sleep(5);
            yield word;
          }
        },
      },
      "acme/painter": {
        async run(_, job): Promise<Blob> {
          await job.sleep(100);
          return new Blob([new Uint8Array(50_000).fill(7)], { type: "image/png" });
        },
      },
      "acme/broken": { run: (_, job) => job.fail("out of paint") },
    },
  });
}

Deno.test("recorder() over a real socket records an app that runs again without it", async () => {
  const real = fakeOfApp();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, real.handle);
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const file = await Deno.makeTempFile();
  const tape = recorder(undefined, { file });
  const first = await app(new Client({ auth: TOKEN, baseUrl, fetch: tape }));
  await tape.save();
  tape.assertDone();
  await real[Symbol.asyncDispose]();
  await server.shutdown();

  const text = await Deno.readTextFile(file);
  assert(!text.includes(TOKEN) && !text.includes("authorization"));
  assertEquals(JSON.parse(text), JSON.parse(JSON.stringify(tape.recording())));
  for (const source of [file, JSON.parse(text)]) {
    const { fake, client } = await played(source);
    assertEquals(await app(client), first);
    fake.assertDone();
    assertEquals(fake.unused, []);
    assertEquals(fake.requestsOf("files.create").length, 1);
  }
  await Deno.remove(file);
});

Deno.test("recorder() of a raw server keeps small files, and the size of large ones", async () => {
  const small = new Uint8Array([0, 255, 7]);
  const large = new Uint8Array(20_000).fill(9);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      new Response(request.url.endsWith("small") ? small : large, {
        headers: { "content-type": "image/webp", "set-cookie": "session=abc", etag: '"e1"' },
      }),
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  await using tape = recorder(fetch);
  const answers = await Promise.all(
    ["small", "large"].map(async (name) => (await (await tape(`${origin}/${name}`)).bytes())),
  );
  await server.shutdown();
  assertEquals(answers, [small, large]);
  const [one, other] = tape.recording().exchanges.map(({ answer }) => answer);
  assertEquals(one?.base64, "AP8H");
  assertEquals(one?.headers, { "content-type": "image/webp", etag: '"e1"' });
  assertEquals([other?.base64, other?.omitted?.size], [undefined, 20_000]);
  assertMatch(String(other?.omitted?.sha256), /^[0-9a-f]{64}$/);

  const fake = await FakeReplicate.from(tape.recording());
  assertEquals(await (await fake.fetch(`${origin}/small`)).bytes(), small);
  const again = await fake.fetch(`${origin}/large`);
  assertEquals(again.headers.get("content-type"), "image/webp");
  assertEquals((await again.bytes()).length, 20_000);
});

Deno.test("recorder() writes neither tokens nor signatures nor secrets", async () => {
  const stream = "https://stream-b.svc.x.c.replicate.net/v1/streams/opaquekey0123456789";
  const { tape, client } = recorded(({ path }) => {
    if (path.endsWith("/secret")) return Response.json({ key: "whsec_c2VjcmV0c2VjcmV0" });
    return Response.json(record({
      input: { hf_token: "a token that is long", max_tokens: 5 },
      logs: `using a token that is long, and ${TOKEN}`,
      output: "https://replicate.delivery/x.png?X-Goog-Signature=abcdef123456&size=3",
      urls: { stream },
    }));
  });
  await client.predictions.create({
    version: "acme/x",
    input: { hf_token: "a token that is long", max_tokens: 5, prompt: "a fig" },
    webhook: "https://ada:pw@example.com/hook?token=s3cr3tvalue&user=5",
  });
  await client.webhooks.default.secret.get();
  const text = JSON.stringify(tape.recording());
  const secrets = [
    "a token that is long",
    TOKEN,
    "abcdef123456",
    "opaquekey",
    "c2VjcmV0",
    "s3cr3tvalue",
    "pw@",
  ];
  for (const secret of secrets) assert(!text.includes(secret), `${secret} is in ${text}`);
  for (const kept of ["a fig", "size=3", '"max_tokens":5', "user=5"]) {
    assertStringIncludes(text, kept);
  }

  const again = await played(tape.recording());
  const { urls } = await again.client.predictions.create({
    version: "acme/x",
    input: { hf_token: "another token", max_tokens: 5, prompt: "a fig" },
    webhook: "https://bob:other@example.com/hook?token=another&user=5",
  });
  assertMatch(String(urls.stream), /\/streams\/key-[0-9a-f]{16}$/);
  assertMatch(await again.client.webhooks.default.secret.get().then(({ key }) => key), /^whsec_/);
  again.fake.assertDone();
});

Deno.test("recorder() leaves out the fields that `redact` names, and their echo", async () => {
  for (const redact of [["prompt"], (name: string) => name === "prompt"]) {
    const { tape, client } = recorded(
      () => Response.json(record({ status: "succeeded", output: "About private matters" })),
      { redact },
    );
    await client.run("acme/x", { input: { prompt: "private matters", steps: 4 } });
    const text = JSON.stringify(tape.recording());
    assert(!text.includes("private matters"));
    assertStringIncludes(text, '"steps":4');
    const { fake, client: again } = await played(tape.recording());
    const output = await again.run("acme/x", { input: { prompt: "anything", steps: 4 } });
    assertEquals(output, "About [redacted]");
    fake.assertDone();
  }
});

Deno.test("recorder() shortens data: URLs, and the replay has some of the same length", async () => {
  const output = `data:image/png;base64,${btoa("x".repeat(1_000))}`;
  const { tape, client } = recorded(() => Response.json(record({ status: "succeeded", output })));
  const input = { image: `data:image/png;base64,${btoa("y".repeat(1_001))}` };
  await client.run("acme/x", { input });
  assert(JSON.stringify(tape.recording()).length < 2_000);
  const { fake, client: again } = await played(tape.recording());
  const file = await again.run("acme/x", { input }).file();
  assertEquals((await file.bytes()).length, 1_000);
  const other = { image: `data:image/png;base64,${btoa("z".repeat(1_001))}` };
  await assertRejects(() => again.run("acme/x", { input: other }), Error, "input.image");
  assertEquals(fake.unknown.length, 1);
});

Deno.test("recorder() without times writes the same file for the same answers", async () => {
  const files = await Promise.all([1, 2].map(async () => {
    const file = await Deno.makeTempFile();
    const { tape, client } = recorded(
      () =>
        Response.json({
          ...record({ status: "succeeded", output: 1 }),
          created_at: "2026-01-01T00:00:00Z",
        }),
      { file, timing: false },
    );
    await client.run("acme/x", { input: { prompt: "a" } });
    await tape.save();
    const text = await Deno.readTextFile(file);
    await Deno.remove(file);
    return text;
  }));
  assertEquals(files[0], files[1]);
  assertMatch(files[0]!, /^\{\n {2}"format": "x-replicate-recording-1",\n {2}"exchanges": \[\n/);
  assert(files[0]!.split("\n").every((line) => line.length <= 110) && files[0]!.endsWith("}\n"));
});

Deno.test("recorder() passes an answer on while it comes", async () => {
  let send: (text: string) => void = () => {};
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      send = (text) => controller.enqueue(new TextEncoder().encode(text));
    },
  });
  const headers = { "content-type": "text/event-stream" };
  const tape = recorder(() => Promise.resolve(new Response(body, { headers })));
  const reader = (await tape(`${API}/streams/1`)).body!.getReader();
  send("data: 1\n\nda");
  assertEquals(new TextDecoder().decode((await reader.read()).value), "data: 1\n\nda");
  const [exchange] = tape.recording().exchanges;
  assertEquals(exchange?.answer.events?.map(({ text }) => text), ["data: 1\n\n", "da"]);
  assertEquals(exchange?.answer.ended, "left");
  await reader.cancel();
  await tape.save();
});

Deno.test("recorder() sends each kind of body as it was given", async () => {
  const form = new FormData();
  form.append("content", new File(["abc"], "a.txt", { type: "text/plain" }));
  const bodies: [BodyInit, string, string][] = [
    ["{}", "application/json", "{}"],
    [new TextEncoder().encode("bytes"), "application/octet-stream", "bytes"],
    [new Blob(["blob"], { type: "text/plain" }), "text/plain", "blob"],
    [form, "multipart/form-data", "abc"],
    [new Blob(["stream"]).stream(), "text/plain", "stream"],
  ];
  for (const [body, type, text] of bodies) {
    const { fetch, asked } = scripted(() => new Response("ok"));
    const tape = recorder(fetch as typeof globalThis.fetch);
    const headers = body === form ? {} : { "content-type": type };
    await (await tape(API, { method: "POST", body, headers })).text();
    assertStringIncludes(asked[0]!.text, text);
    assertMatch(asked[0]!.headers.get("content-type")!, new RegExp(`^${type}`));
    assertEquals(Object.keys(tape.recording().exchanges[0]!.request).length, 3);
  }
});

Deno.test("recorder() says that a file cannot be written, when it is saved", async () => {
  const folder = await Deno.makeTempDir();
  const { tape, client } = recorded(() => Response.json({ type: "user" }), {
    file: `${folder}/no/such/folder.json`,
  });
  await client.account.get();
  await assertRejects(() => tape.save(), ReplicateError, "Cannot write the recording");
  assertThrows(() => tape.assertDone(), ReplicateError, "no such file or directory");
  await Deno.remove(folder);
});

Deno.test("recorder() refuses options that it does not have, and says when nothing came", async () => {
  const wrong = { fiel: "a.json" } as unknown as { file: string };
  assertThrows(() => recorder(fetch, wrong), TypeError, "did you mean file?");
  assertThrows(() => recorder({} as unknown as typeof fetch), TypeError, "give a fetch first");
  assertThrows(() => recorder(fetch, { maxBody: -1 }), RangeError, "maxBody");
  assertThrows(() => recorder(fetch).assertDone(), Error, "no request was recorded");
  await recorder(fetch).save();
});

Deno.test("recorder() gives each exchange to `onRecord` once it is complete", async () => {
  const seen: RecordedExchange[] = [];
  const { client } = recorded(() => Response.json({ type: "user" }), {
    onRecord: (exchange) => void seen.push(exchange),
  });
  await client.account.get();
  assertEquals(seen.map(({ answer }) => answer.json), [{ type: "user" }]);
});

Deno.test("FakeReplicate.from() gives equal requests their answers in turn", async () => {
  const states = ["starting", "processing", "succeeded"].map((status) =>
    get("/predictions/p1", record({ status, output: status === "succeeded" ? 5 : null }))
  );
  const { fake, client } = await played(recordingOf(...states));
  assertEquals((await client.wait("p1", { interval: 1 })).output, 5);
  fake.assertDone();
  // Who asks again reads the last answer again.
  assertEquals((await client.predictions.get("p1")).status, "succeeded");
});

Deno.test("FakeReplicate.from() plays polls without a change once, so that no time is lost", async () => {
  const poll = (more: Record<string, unknown>): RecordedExchange =>
    get("/predictions/p1", { ...record(more), created_at: "2026-01-01T00:00:00Z" });
  const states = [
    poll({}),
    ...Array(50).fill(poll({ status: "processing" })),
    ...Array(50).fill(poll({ status: "processing", logs: "half" })),
    poll({ status: "succeeded", output: 5 }),
  ];
  const { fake, client } = await played(recordingOf(...states));
  assertEquals((await client.wait("p1")).output, 5);
  assertEquals(fake.requests.length, 4);
  fake.assertDone();
  const timed = await played(recordingOf(...states), { timing: true });
  await timed.client.wait("p1", { interval: 0 });
  assertEquals(timed.fake.requests.length, 102);
});

Deno.test("FakeReplicate.from() knows a file behind a URL that is signed anew", async () => {
  const signed = (day: number): string =>
    `https://b.s3.example.com/fig.png?X-Amz-Date=2026010${day}&X-Amz-Expires=${day}&X-Amz-Signature=${day}ab&v=1`;
  const { tape, client } = recorded(() =>
    Response.json(record({ status: "succeeded", output: 1 }))
  );
  await client.run("acme/x", { input: { image: signed(1) } });
  assertStringIncludes(JSON.stringify(tape.recording()), "v=1");
  const { fake, client: again } = await played(tape.recording());
  assertEquals(await again.run("acme/x", { input: { image: signed(2) } }), 1);
  fake.assertDone();
});

Deno.test("FakeReplicate.from() does not repeat the answer of a job that still runs", async () => {
  const { client } = await played(recordingOf(get("/predictions/p1", record())));
  await client.predictions.get("p1");
  await assertRejects(
    () => client.predictions.get("p1"),
    Error,
    "Cannot answer GET /v1/predictions/p1: it is in the recording once, and was sent once more",
  );
});

Deno.test("FakeReplicate.from() names what is not in the recording, and the nearest", async () => {
  const { fake, client } = await played(
    recordingOf(
      create({ prompt: "a secret wish", steps: [1, 2] }, record({ status: "succeeded" })),
      get("/account", { type: "user" }),
    ),
  );
  const { message } = await assertRejects(
    () => client.run("acme/poet", { input: { prompt: "a secret wish", steps: [1, 3] } }),
    Error,
    "the nearest is the same with another value at input.steps[1]",
  );
  assert(!message.includes("secret wish"));
  await assertRejects(() => client.request("/acount"), Error, "the nearest is GET /v1/account");
  await assertRejects(() => client.hardware.list(), Error, "nothing like it is");
  const { message: all } = assertThrows(
    () => fake.assertDone(),
    Error,
    "Cannot call the test done",
  );
  assertStringIncludes(all, "GET /v1/hardware");
  assertStringIncludes(all, "GET /v1/account is in the recording, and was not sent");
  assertEquals(fake.unused.length, 2);
});

Deno.test("FakeReplicate.from() with `match: order` wants the order of the recording", async () => {
  const recording = recordingOf(get("/account", { type: "user" }), get("/hardware", []));
  const { client } = await played(recording, { match: "order" });
  await assertRejects(
    () => client.hardware.list(),
    Error,
    "Cannot answer GET /v1/hardware: the next one in the recording is GET /v1/account",
  );
  await client.account.get();
  assertEquals(await client.hardware.list(), []);
  await assertRejects(() => client.account.get(), Error, "the recording has ended");
});

Deno.test("FakeReplicate.from() can ignore fields of inputs", async () => {
  const recording = recordingOf(
    create({ prompt: "a", seed: 1 }, record({ status: "succeeded", output: "b" })),
  );
  const { client } = await played(recording, { ignore: ["seed"] });
  assertEquals(await client.run("acme/poet", { input: { prompt: "a", seed: 2 } }), "b");
});

Deno.test("FakeReplicate.from() takes a file of the same name and size for the recorded one", async () => {
  const real = new FakeReplicate({ models: {} });
  const tape = recorder(real.fetch);
  const first = new Client({ auth: TOKEN, fetch: tape });
  await first.files.create(new Blob(["one"]), { filename: "a.txt" });
  const { client } = await played(tape.recording());
  await assertRejects(
    () => client.files.create(new Blob(["longer"]), { filename: "a.txt" }),
    Error,
    "another value at the size of the file in the part content of the form",
  );
  const { size, checksums } = await client.files.create(new Blob(["two"]), { filename: "a.txt" });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("two"));
  assertEquals([size, checksums.sha256], [3, new Uint8Array(digest).toHex()]);
});

Deno.test("FakeReplicate.from() takes the time of the recording when it is asked to", async () => {
  const exchange: RecordedExchange = {
    request: { method: "GET", url: `${API}/streams/1` },
    answer: {
      after: 2_000,
      status: 200,
      headers: { "content-type": "text/event-stream" },
      events: [{ at: 0, text: "data: 1\n\n" }, { at: 3_000, text: "data: 2\n\n" }],
    },
  };
  for (const [timing, took] of [[true, 5_000], [false, 0]] as const) {
    await withFakeTime(async (time) => {
      const fake = await FakeReplicate.from(recordingOf(exchange), { timing });
      const text = await (await fake.fetch(`${API}/streams/1`)).text();
      assertEquals([text, time.elapsed()], ["data: 1\n\ndata: 2\n\n", took]);
    });
  }
});

Deno.test("FakeReplicate.from() fails as the network did, and cuts where it was cut", async () => {
  const broken = new ReadableStream({
    pull(controller): void {
      controller.enqueue(new TextEncoder().encode("data: 1\n\n"));
      if (controller.desiredSize === null || ++pulls > 1) controller.error(new TypeError("reset"));
    },
  }, { highWaterMark: 0 });
  let pulls = 0;
  let asked = 0;
  const headers = { "content-type": "text/event-stream" };
  const tape = recorder(() =>
    asked++ === 0
      ? Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }))
      : Promise.resolve(new Response(broken, { headers }))
  );
  await assertRejects(() => tape(`${API}/account`), TypeError);
  await assertRejects(() => tape(`${API}/streams/1`).then((it) => it.text()));
  const fake = await FakeReplicate.from(tape.recording());
  const error = await assertRejects(() => fake.fetch(`${API}/account`), TypeError);
  assertEquals((error.cause as { code: string }).code, "ECONNREFUSED");
  const reader = (await fake.fetch(`${API}/streams/1`)).body!.getReader();
  assertStringIncludes(new TextDecoder().decode((await reader.read()).value), "data: 1");
  await assertRejects(async () => {
    while (!(await reader.read()).done);
  }, TypeError);
  fake.assertDone();
});

Deno.test("FakeReplicate.from() lets a request hang that the program has aborted", async () => {
  const tape = recorder((_, init) =>
    new Promise((_, reject) =>
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason))
    )
  );
  const leave = async (fetch: typeof globalThis.fetch): Promise<void> => {
    const controller = new AbortController();
    const asked = fetch(`${API}/account`, { signal: controller.signal });
    // Not at once, so that the request is on its way.
    setTimeout(() => controller.abort(new Error("left")), 0);
    await assertRejects(() => asked, Error, "left");
  };
  await leave(tape);
  assertEquals(tape.recording().exchanges[0]?.answer.error, "aborted");
  await leave((await FakeReplicate.from(tape.recording())).fetch);
});

Deno.test("FakeReplicate.from() says where the recording of a stream ends", async () => {
  const { fake } = await played(recordingOf({
    request: { method: "GET", url: `${API}/streams/1` },
    answer: { status: 200, events: [{ text: "data: 1\n\n" }], ended: "left" },
  }));
  const response = await fake.fetch(`${API}/streams/1`);
  await assertRejects(() => response.text(), Error, "the recording ends here, as its reader left");
});

Deno.test("FakeReplicate.from() behind a socket has its URLs on the origin that is asked", async () => {
  const real = fakeOfApp();
  const tape = recorder(real.fetch);
  const first = await app(new Client({ auth: TOKEN, fetch: tape }));
  await real[Symbol.asyncDispose]();
  const fake = await FakeReplicate.from(tape.recording());
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, fake.handle);
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const client = new Client({ auth: "r8_another_token", baseUrl });
  assertEquals(await app(client), first);
  fake.assertDone();
  await assertRejects(() => client.hardware.list(), Error, "400 Cannot answer GET /v1/hardware");
  await server.shutdown();
});

Deno.test("FakeReplicate.from() refuses what is no recording", async () => {
  const folder = await Deno.makeTempDir();
  await assertRejects(
    () => FakeReplicate.from(`${folder}/none.json`),
    ReplicateError,
    "Cannot read the recording",
  );
  await Deno.writeTextFile(`${folder}/a.json`, "{}");
  await assertRejects(() => FakeReplicate.from(`${folder}/a.json`), TypeError, "its format is not");
  const broken = { format: "x-replicate-recording-1", exchanges: [{}] };
  await assertRejects(() => FakeReplicate.from(broken), TypeError, "are not complete");
  const wrong = { math: "order" } as unknown as { match: "order" };
  await assertRejects(() => FakeReplicate.from(recordingOf(), wrong), TypeError, "mean match?");
  await Deno.remove(folder, { recursive: true });
});
