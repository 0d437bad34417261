/** Issue numbers 14.3, 14.8, 14.12, 14.16, 14.20 and 14.22: files outside of our own laboratory. */

import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { Window } from "npm:happy-dom@21.0.4";
import { JSDOM as Jest30 } from "npm:jsdom@26.1.0";
import { JSDOM } from "npm:jsdom@31.0.1";
import { Response as NodeFetchResponse } from "npm:node-fetch@3.3.2";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { writeFile } from "node:fs/promises";
import { createContext, runInContext } from "node:vm";
import { ReplicateError } from "../../src/errors.ts";
import { encodeInput } from "../../src/files/encode.ts";
import { FileInput } from "../../src/files/file_input.ts";
import { FileOutput } from "../../src/files/output.ts";
import { FilesApi, type UploadSource } from "../../src/resources/files.ts";
import { bytes, connect, fetchOf } from "../files/helpers.ts";
import { rejection } from "../rejection.ts";

const HREF = "https://replicate.delivery/xezq/key/out.png";
const TYPE = { type: "text/plain" };

interface View {
  Blob: typeof Blob;
  File: typeof File;
  Response?: typeof Response;
  URL: typeof URL;
}

/** The globals of a page that is emulated, by the name of what does so. */
async function inPage(name: string, use: (view: View) => Promise<void>): Promise<void> {
  if (name === "happy-dom") {
    const window = new Window();
    await use(window as unknown as View);
    await window.happyDOM.close();
  } else {
    const { window } = new (name === "jsdom" ? JSDOM : Jest30)("", { url: "https://a.b/" });
    await use(window as unknown as View);
    window.close();
  }
}

/** A test that loads a page, whose timers are its own. */
function pageTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

for (const page of ["jsdom", "jsdom of Jest 30", "happy-dom"]) {
  pageTest(`14.3 a Blob and a File of ${page} are sent as what they are`, async () => {
    await inPage(page, async ({ Blob, File }) => {
      const blob = new Blob(["a ", "fig"], TYPE);
      const file = new File(["some ", bytes("figs")], "figs.txt", TYPE);
      const input = {
        blob,
        list: [{ file }],
        part: blob.slice(2, 5),
        wrapped: FileInput.fromBytes(file, { filename: "other.txt" }),
      };
      for (const encoding of ["upload", "data-uri"] as const) {
        const { fake, send } = connect();
        const sent = await encodeInput(send, input, { encoding }) as Record<string, string>;
        assert(sent.blob?.startsWith(encoding === "upload" ? "https:" : "data:text/plain;base64,"));
        if (encoding === "data-uri") continue;
        const files = [...fake.files.values()];
        const texts = await Promise.all(files.map(({ blob }) => blob.text()));
        assertEquals(texts.sort(), ["a fig", "fig", "some figs", "some figs"]);
        assertEquals(
          files.map((it) => it.name).sort(),
          ["figs.txt", "file.txt", "file", "other.txt"].sort(),
        );
      }
    });
  });

  pageTest(`14.3 a large Blob of ${page} is sent to its last byte`, async () => {
    await inPage(page, async ({ Blob }) => {
      const { fake, send } = connect();
      const large = Uint8Array.from({ length: 300_001 }, (_, at) => at * 7);
      await new FilesApi(send).create(new Blob([large]));
      const [file] = fake.files.values();
      assertEquals(new Uint8Array(await file!.blob.arrayBuffer()), large);
    });
  });

  pageTest(`14.3 a URL of ${page} is a path or an address`, async () => {
    await inPage(page, async ({ URL }) => {
      const { fake, send } = connect();
      const path = await Deno.makeTempFile({ suffix: ".txt" });
      await Deno.writeTextFile(path, "a fig");
      const input = {
        path: FileInput.fromPath(new URL(`file://${path}`)),
        url: new URL("https://a.b/c d"),
        from: FileInput.fromUrl(new URL("https://a.b/c d")),
      };
      const sent = await encodeInput(send, input, {}) as Record<string, string>;
      assertEquals([sent.url, sent.from], ["https://a.b/c%20d", "https://a.b/c%20d"]);
      assertEquals(await [...fake.files.values()][0]!.blob.text(), "a fig");
      const output = new FileOutput(send, "data:text/plain;base64,Zmln");
      await output.save(new URL(`file://${path}`));
      assertEquals(await Deno.readTextFile(path), "fig");
      await Deno.remove(path);
    });
  });
}

pageTest(
  "14.3 a Response of happy-dom, of node-fetch, and one without a body stream are files",
  async () => {
    await inPage("happy-dom", async ({ Response: Other }) => {
      const headers = { "content-type": "text/plain", "content-length": "5" };
      const bare = new Response("a fig", { headers });
      Object.defineProperty(bare, "body", { value: undefined });
      const responses = [
        new Other!("a fig", { headers }),
        new NodeFetchResponse("a fig", { headers }),
        new NodeFetchResponse(Readable.from([bytes("a "), bytes("fig")]), { headers }),
        bare,
      ];
      const { fake, send } = connect();
      await encodeInput(send, { responses }, {});
      const files = [...fake.files.values()];
      assertEquals(files.map(({ blob }) => blob.type), Array(4).fill("text/plain"));
      for (const { blob } of files) assertEquals(await blob.text(), "a fig");
    });
  },
);

Deno.test("14.3 values of another realm count as those of this one", async () => {
  const realm = createContext({ URL });
  const input = runInContext(
    `({
      bytes: new Uint8Array([97, 98]), buffer: new Uint8Array([99]).buffer,
      list: [1, { when: new Date(0), text: new String("a"), none: null }],
      stream: (async function* () { yield new Uint8Array([100]); yield new Uint8Array([101]).buffer; })(),
      soon: Promise.resolve({ deep: [new DataView(new ArrayBuffer(2), 1)] }),
    })`,
    realm,
  );
  const { fake, send } = connect();
  const sent = await encodeInput(send, input, {}) as { list: unknown; soon: { deep: string[] } };
  assertEquals(sent.list, [1, { when: "1970-01-01T00:00:00.000Z", text: "a", none: null }]);
  const texts = await Promise.all([...fake.files.values()].map(({ blob }) => blob.text()));
  assertEquals(texts.sort(), ["\0", "ab", "c", "de"]);
  for (
    const [code, why] of [["new Map()", "Map"], ["new Date(NaN)", "Invalid Date"], [
      "/x/",
      "RegExp",
    ]]
  ) {
    const error = await rejection(encodeInput(send, { a: runInContext(code!, realm) }, {}));
    assert(error.message.startsWith(`Cannot send input.a: ${why}`), error.message);
  }
});

Deno.test("14.8 an option of a file that does not exist is refused, with the nearest name", async () => {
  const { fake, send } = connect();
  const files = new FilesApi(send);
  const output = new FileOutput(send, HREF);
  const wrong = (options: object) => options as never;
  const cases: [call: () => unknown, message: string][] = [
    [
      () => FileInput.fromBytes(bytes("a"), wrong({ fileName: "a" })),
      "no option fileName: did you mean filename?",
    ],
    [
      () => FileInput.fromBytes(bytes("a"), wrong({ type: "a/b" })),
      "no option type: give contentType",
    ],
    [() => FileInput.fromBytes(bytes("a"), wrong({ size: 1 })), "no option size"],
    [
      () => FileInput.fromPath("a", wrong({ encodng: "auto" })),
      "no option encodng: did you mean encoding?",
    ],
    [() => FileInput.fromUrl("https://a.b/c", wrong({ kind: "path" })), "no option kind"],
    [() => FileInput.fromBytes(bytes("a")).with(wrong({ source: 1 })), "no option source"],
    [() => FileInput.fromStream(new Blob().stream(), wrong({ length: 1 })), "no option length"],
    [() => files.create(bytes("a"), wrong({ contentTyp: "a/b" })), "no option contentTyp"],
    [() => files.create(bytes("a"), wrong({ name: "a" })), "no option name: give filename"],
    [() => files.list(wrong({ curser: "a" })), "no option curser: did you mean cursor?"],
    [() => files.get("a", wrong({ timout: 1 })), "no option timout: did you mean timeout?"],
    [() => files.delete("a", wrong({ abort: 1 })), "no option abort"],
    [() => files.download("a", wrong({ owner: "a", expires: 1 })), "no option expires"],
    [() => output.text(wrong({ singal: 1 })), "no option singal: did you mean signal?"],
    [() => output.stream(wrong({ highWaterMark: 1 })), "no option highWaterMark"],
    [() => output.save("/nowhere", wrong({ overwrite: true })), "no option overwrite"],
    [
      () => output.blob(wrong({ headers: { range: "bytes=0-1" } })),
      "no option headers: a download carries no headers",
    ],
  ];
  for (const [call, message] of cases) {
    const error = await rejection((async () => void await call())());
    assertInstanceOf(error, TypeError);
    assert(error.message.includes(message), error.message);
  }
  assertEquals(fake.requests.length, 0);
});

Deno.test("14.12 files.create(file, metadata) of the official client is understood or refused", async () => {
  const { fake, send } = connect();
  const files = new FilesApi(send);
  const file = await files.create(bytes("a"), { customer: 7 }, { filename: "a.txt" });
  assertEquals([file.metadata, file.name], [{ customer: 7 }, "a.txt"]);
  const error = await rejection(files.create(bytes("a"), { customer: 7 } as never));
  assertInstanceOf(error, TypeError);
  assertEquals(
    error.message,
    "Cannot upload the file: there is no option customer: give the file's metadata as " +
      "{ metadata: { customer: ... } }",
  );
  const gone = AbortSignal.abort(new Error("left"));
  for (const metadata of [{ customer: 7 }, {}, undefined, null]) {
    const call = files.create(bytes("a"), metadata, { signal: gone });
    assertEquals((await rejection(call)).message, "left");
  }
  assertEquals(fake.requestsOf("files.create").length, 1);
});

/** An output of one file, and the requests for it. */
function output(content = "a fig") {
  const { fetch, asked } = fetchOf(() => new Response(content, { headers: { etag: '"1"' } }));
  return { file: new FileOutput(connect({ fetch }).send, HREF), asked };
}

Deno.test("14.12 new Response(output) sends its bytes, and nothing is asked for before", async () => {
  const { file, asked } = output();
  assertInstanceOf(file, ReadableStream);
  assertInstanceOf(file, FileOutput);
  const response = new Response(file);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals([asked.length, file.locked], [0, false]);
  assertEquals(await response.text(), "a fig");
  assertEquals(asked.length, 1);
});

Deno.test("14.12 an output that was read as a stream can still be read, and is its URL as text", async () => {
  const { file, asked } = output();
  await new Response(file).arrayBuffer();
  assertEquals([await file.text(), (await file.blob()).size, (await file.bytes()).length], [
    "a fig",
    5,
    5,
  ]);
  let length = 0;
  for await (const piece of file) length += piece.length;
  for await (const piece of file.values()) length += piece.length;
  assertEquals([length, asked.length], [10, 6]);
  assertEquals([`${file}`, String(file), JSON.stringify({ file })], [
    HREF,
    HREF,
    `{"file":"${HREF}"}`,
  ]);
  assertEquals(Object.keys(file), ["href"]);
  assertEquals(Deno.inspect(file).replace(/\s+/g, " "), `FileOutput { href: "${HREF}" }`);
});

Deno.test("14.12 getReader(), pipeTo(), pipeThrough(), tee() and cancel() work on an output", async () => {
  const reader = output().file.getReader();
  assertEquals((await reader.read()).value, bytes("a fig"));
  assertEquals((await reader.read()).done, true);
  let piped = "";
  const decoded = output().file.pipeThrough(new TextDecoderStream());
  await decoded.pipeTo(new WritableStream({ write: (text) => void (piped += text) }));
  assertEquals(piped, "a fig");
  const [one, two] = output().file.tee();
  assertEquals([await new Response(one).text(), await new Response(two).text()], [
    "a fig",
    "a fig",
  ]);
  const { file, asked } = output();
  await file.cancel();
  assertEquals(asked.length, 0);
});

Deno.test("14.22 an output goes where Node takes a stream", async () => {
  assertEquals(await text(Readable.fromWeb(output().file as never)), "a fig");
  const folder = await Deno.makeTempDir();
  await writeFile(`${folder}/a`, output().file);
  await writeFile(`${folder}/b`, Readable.fromWeb(output().file as never));
  assertEquals(
    await Deno.readTextFile(`${folder}/a`) + await Deno.readTextFile(`${folder}/b`),
    "a figa fig",
  );
  let piped = "";
  await pipeline(output().file, async function (source: AsyncIterable<Uint8Array>) {
    for await (const piece of source) piped += new TextDecoder().decode(piece);
  });
  assertEquals(piped, "a fig");
  await Deno.writeFile(`${folder}/c`, output().file);
  assertEquals(await Deno.readTextFile(`${folder}/c`), "a fig");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("14.22 an output is the input of another model by its URL, and its bytes on demand", async () => {
  const { fetch } = fetchOf(async (request) => {
    if (request.method === "GET") return new Response("a fig");
    await request.arrayBuffer();
    return Response.json({ id: "f1", urls: { get: "https://a.b/f1" } });
  });
  const file = new FileOutput(connect({ fetch }).send, HREF);
  const { send } = connect({ fetch });
  const stream = FileInput.fromStream(file);
  const input = { file, list: [file], bytes: stream };
  for (let count = 0; count < 2; count++) {
    assertEquals(await encodeInput(send, input, {}), {
      file: HREF,
      list: [HREF],
      bytes: "https://a.b/f1",
    });
  }
});

Deno.test("14.12 an output is read where there is no ReadableStream, as in React Native", () => {
  const { ReadableStream } = globalThis;
  Reflect.deleteProperty(globalThis, "ReadableStream");
  try {
    const { file } = output();
    assertEquals([String(file), file.filename, "getReader" in file], [HREF, "out.png", true]);
  } finally {
    globalThis.ReadableStream = ReadableStream;
  }
});

Deno.test("14.16 types and names that others gave are made to fit", async () => {
  const { fake, send } = connect();
  const files = new FilesApi(send);
  const typed = (type: string) => Object.defineProperty(new Blob(["a"]), "type", { value: type });
  const cases: [type: string, sent: string][] = [
    ["video/webm;codecs=vp9,opus", "video/webm"],
    ['video/webm; codecs="vp9, opus"', "video/webm"],
    ["image/png;", "image/png"],
    ["image/png; ;", "image/png"],
    [" image/png", "image/png"],
    ["text/plain;charset=utf-8", "text/plain;charset=utf-8"],
    ["image", "application/octet-stream"],
    ["ü/ü", "application/octet-stream"],
    [`a/${"b".repeat(300)}`, "application/octet-stream"],
    ["", "application/octet-stream"],
  ];
  for (const [type, sent] of cases) {
    assertEquals((await files.create(typed(type))).content_type, sent, type);
    const response = new Response("a");
    response.headers.get = (name) => name === "content-type" ? type : null;
    assertEquals((await files.create(response)).content_type, sent, type);
  }
  const names: [name: string, sent: string][] = [
    [`${"é".repeat(200)}.png`, `${"é".repeat(125)}.png`],
    ["a".repeat(300), "a".repeat(255)],
    ["a\r\nb\0.png", "ab.png"],
    ["\0", "file"],
    ["", "file"],
  ];
  for (const [name, sent] of names) {
    assertEquals((await files.create(new File(["a"], name))).name, sent);
  }
  const before = fake.requests.length;
  for (
    const options of [{ contentType: "video/webm;codecs=vp9,opus" }, { filename: "a".repeat(256) }]
  ) {
    assertInstanceOf(await rejection(files.create(bytes("a"), options)), TypeError);
  }
  assertEquals(fake.requests.length, before);
});

Deno.test("14.20 a path where a file is wanted is answered with FileInput.fromPath", async () => {
  const files = new FilesApi(connect().send);
  const error = await rejection(files.create("x.png" as never as UploadSource));
  assert(error.message.includes("FileInput.fromPath"), error.message);
  const Made = FileInput as unknown as new (...args: unknown[]) => FileInput;
  for (const args of [["x.png"], [], [{}], [bytes("a")], ["bytes"], [undefined, 1]]) {
    const { message } = assertThrows(() => new Made(...args), TypeError);
    assert(message.startsWith("Cannot make a FileInput with new: use FileInput.fromPath"), message);
  }
});

Deno.test("14.20 what files.create has returned stands for its file in an input", async () => {
  const { send } = connect();
  const files = new FilesApi(send);
  const file = await files.create(bytes("a"));
  const listed = (await files.list()).results[0];
  const input = { file, list: [await files.get(file.id), listed], soon: files.get(file.id) };
  const url = file.urls.get;
  assertEquals(await encodeInput(send, input, {}), { file: url, list: [url, url], soon: url });
  // Metadata is what it is.
  assertEquals((await files.create(bytes("a"), { metadata: { file } })).metadata, { file });
});

Deno.test("15 a download whose host sends less than it said is never taken for whole", async () => {
  const cases: Record<string, (count: number) => Response> = {
    "a plain one": () => new Response("x".repeat(95), { headers: { "content-length": "100" } }),
    "one of encoding identity": () =>
      new Response("x".repeat(95), {
        headers: { "content-length": "100", "content-encoding": "identity" },
      }),
    "one without a body": () => new Response(null, { headers: { "content-length": "100" } }),
    "one that goes on": (count) =>
      count === 1 ? broken() : new Response("x".repeat(45), {
        status: 206,
        headers: { "content-range": "bytes 50-99/100", "content-length": "50", etag: '"1"' },
      }),
    "one that begins anew": (count) =>
      count === 1
        ? broken()
        : new Response("x".repeat(95), { headers: { "content-length": "100", etag: '"1"' } }),
  };
  for (const [name, answer] of Object.entries(cases)) {
    const reads: ((file: FileOutput) => Promise<unknown>)[] = [
      (file) => new Response(file.stream()).arrayBuffer(),
      (file) => new Response(file).arrayBuffer(),
      (file) => file.text(),
      (file) => file.blob(),
      async (file) => (await file.response()).arrayBuffer(),
      (file) => Array.fromAsync(file),
    ];
    for (const read of reads) {
      const { fetch } = fetchOf((_, count) => answer(count));
      const { send } = connect({ fetch, retry: { maxRetries: 1, minDelay: 0 } });
      const error = await rejection(read(new FileOutput(send, HREF)));
      assertInstanceOf(error, ReplicateError, name);
    }
  }
});

/** An answer of unknown length that breaks after 50 bytes. */
function broken(): Response {
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) return controller.error(new TypeError("terminated"));
      sent = true;
      controller.enqueue(bytes("x".repeat(50)));
    },
  });
  return new Response(body, { headers: { etag: '"1"' } });
}

Deno.test("15 a download that is gone on with as another file is an error", async () => {
  const { fetch } = fetchOf((_, count) =>
    count === 1 ? broken() : new Response("x".repeat(60), {
      status: 206,
      headers: { "content-range": `bytes 50-109/${count === 2 ? 110 : 120}`, etag: '"1"' },
    })
  );
  const { send } = connect({ fetch });
  assertEquals((await new FileOutput(send, HREF).bytes()).length, 110);
  const two = fetchOf((_, count) =>
    count === 1 ? broken() : new Response("x".repeat(50), {
      status: 206,
      headers: {
        "content-range": `bytes ${count === 2 ? "50-109/110" : "100-149/150"}`,
        "content-length": count === 2 ? "60" : "50",
        etag: '"1"',
      },
    })
  );
  const error = await rejection(new FileOutput(connect({ fetch: two.fetch }).send, HREF).bytes());
  assertInstanceOf(error, ReplicateError);
  assert(error.message.includes("the file has changed"), error.message);
});
