import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { ApiError, ReplicateError } from "../../src/errors.ts";
import { allFiles, decodeOutput, singleFile } from "../../src/files/decode.ts";
import { FileOutput } from "../../src/files/output.ts";
import { withFakeTime } from "../../src/testing/mod.ts";
import { bytes, connect, fetchOf } from "./helpers.ts";
import { rejection } from "../rejection.ts";

const HREF = "https://replicate.delivery/xezq/key/out%20put.png";

function output(answer: (request: Request, count: number) => Response, options = {}) {
  const { fetch, asked } = fetchOf(answer);
  const { send } = connect({ fetch, ...options });
  return { file: new FileOutput(send, HREF), asked };
}

Deno.test("FileOutput stands for its URL, and downloads nothing for that", () => {
  const { file, asked } = output(() => new Response());
  assertEquals([String(file), `${file}`, JSON.stringify([file])], [HREF, HREF, `["${HREF}"]`]);
  assertEquals([file.href, file.url().href], [HREF, HREF]);
  assertEquals([file.filename, file.contentType, file.size], [
    "out put.png",
    "image/png",
    undefined,
  ]);
  assertEquals(Deno.inspect(file).replace(/\s+/g, " "), `FileOutput { href: "${HREF}" }`);
  assertEquals(asked.length, 0);
});

Deno.test("FileOutput is read in every form, anew each time", async () => {
  const headers = { "content-type": "application/json", "content-length": "7" };
  const { file, asked } = output(() => new Response('{"a":1}', { headers }));
  const text = '{"a":1}';
  assertEquals(await file.text(), text);
  assertEquals(await file.json(), { a: 1 });
  assertEquals(await file.bytes(), bytes(text));
  assertEquals(new Uint8Array(await file.arrayBuffer()), bytes(text));
  const blob = await file.blob();
  assertEquals([blob.type, await blob.text()], ["application/json", text]);
  assertEquals(await new Response(file.stream()).text(), text);
  assertEquals(await (await file.response()).text(), text);
  const pieces = await Array.fromAsync(file);
  assertEquals(await new Blob(pieces).text(), text);
  assertEquals([file.contentType, file.size], ["application/json", 7]);
  assertEquals(asked.length, 8);
  assertEquals(asked.map(({ headers }) => headers.get("authorization")), Array(8).fill(null));
});

Deno.test("FileOutput reads a file of unknown length", async () => {
  const pieces = ["a", "bc", "def"];
  const { file } = output(() =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          const piece = pieces.shift();
          if (piece) controller.enqueue(bytes(piece));
          else controller.close();
        },
      }),
    )
  );
  assertEquals([await file.text(), file.size], ["abcdef", undefined]);
});

Deno.test("FileOutput decodes a data: URL without a request", async () => {
  const { send } = connect({ fetch: () => Promise.reject(new Error("no request")) });
  const file = new FileOutput(send, "data:image/webp;base64,aGVsbG8=");
  assertEquals([file.filename, file.contentType, file.size], ["file.webp", "image/webp", 5]);
  assertEquals(await file.text(), "hello");
  assertEquals(await new Response(file.stream()).text(), "hello");
  const broken = new FileOutput(send, "data:image/webp;base64,a");
  assertInstanceOf(await rejection(broken.bytes()), ReplicateError);
  const plain = new FileOutput(send, "data:text/plain,hello");
  assertInstanceOf(await rejection(plain.bytes()), ReplicateError);
});

Deno.test("FileOutput says that a file is gone after an hour", async () => {
  const { file, asked } = output(() => new Response("nope", { status: 404 }));
  const error = await rejection(file.bytes());
  assertInstanceOf(error, ApiError);
  assertEquals(error.status, 404);
  assertEquals(
    error.message,
    "Cannot download out put.png: 404 it is gone: output files are deleted an hour after the " +
      "prediction has ended",
  );
  assertEquals(asked.length, 1);
});

Deno.test("FileOutput is asked for again after a 503", async () => {
  await withFakeTime(async () => {
    const { file, asked } = output((_, count) =>
      count < 3 ? new Response("busy", { status: 503 }) : new Response("here")
    );
    assertEquals(await file.text(), "here");
    assertEquals(asked.length, 3);
  });
});

Deno.test("FileOutput follows redirects, and looks at each address", async () => {
  const redirect = (location: string, status = 302): Response =>
    new Response(null, { status, headers: { location } });
  const { file, asked } = output((request) =>
    request.url === HREF
      ? redirect("/two", 307)
      : request.url.endsWith("/two")
      ? redirect("https://cdn.example.com/three")
      : new Response("there")
  );
  assertEquals(await file.text(), "there");
  assertEquals(asked.map(({ url }) => new URL(url).pathname), [
    "/xezq/key/out%20put.png",
    "/two",
    "/three",
  ]);

  for (const target of ["http://169.254.169.254/latest", "https://localhost/", "http://a.b/"]) {
    const { file, asked } = output(() => redirect(target));
    const error = await rejection(file.bytes());
    assertInstanceOf(error, ReplicateError);
    assert(error.message.includes("unless allowDownload allows it"), error.message);
    assertEquals(asked.length, 1);
  }
});

Deno.test("FileOutput gives up on redirects in a circle", async () => {
  const { file, asked } = output(() =>
    new Response(null, { status: 302, headers: { location: HREF } })
  );
  assertEquals(((await rejection(file.bytes())) as ApiError).status, 302);
  assertEquals(asked.length, 11);
});

Deno.test("FileOutput keeps the token from a redirect away from the API", async () => {
  const { fetch, asked } = fetchOf((request) =>
    request.url.startsWith("https://api.")
      ? new Response(null, { status: 302, headers: { location: HREF } })
      : new Response("there")
  );
  const { send } = connect({ fetch });
  await new FileOutput(send, "https://api.replicate.com/v1/files/x/download").text();
  assertEquals(asked.map(({ headers }) => headers.get("authorization")), ["Bearer r8_test", null]);
});

Deno.test("FileOutput downloads only where it may", async () => {
  const { fetch, asked } = fetchOf(() => new Response("x"));
  const { send } = connect({ fetch });
  for (
    const url of ["http://example.com/a", "https://10.0.0.1/a", "https://[::1]/a", "ftp://a.b/c"]
  ) {
    assertInstanceOf(await rejection(new FileOutput(send, url).bytes()), ReplicateError);
  }
  assertEquals(asked.length, 0);
  const open = send.with({ allowDownload: () => true });
  assertEquals(await new FileOutput(open, "http://10.0.0.1/a").text(), "x");
});

Deno.test("FileOutput.filename cannot lead to another folder", () => {
  const { send } = connect();
  const names = ["a%2F..%2Fb.png", "..", "%2e%2e", "", "a%00b", "%E0", "%5C%5Chost%5Cx"];
  assertEquals(
    names.map((name) => new FileOutput(send, `https://example.com/x/${name}`).filename),
    ["a_.._b.png", "file", "file", "file", "a_b", "%E0", "__host_x"],
  );
});

Deno.test("decodeOutput() puts a FileOutput in place of each URL, and leaves the output as it is", () => {
  const { send } = connect();
  const raw = Object.freeze({
    image: HREF,
    list: Object.freeze([HREF, "text", 1, null, { deep: "data:image/png;base64,aGk=" }]),
    text: `see ${HREF}`,
  });
  const decoded = decodeOutput(send, raw) as Record<string, unknown>;
  assertInstanceOf(decoded.image, FileOutput);
  assertEquals(JSON.parse(JSON.stringify(decoded)), raw);
  assertEquals(allFiles(decoded).map(({ filename }) => filename), [
    "out put.png",
    "out put.png",
    "file.png",
  ]);
  for (const value of ["text", 1, null, undefined, true]) {
    assertEquals(decodeOutput(send, value), value);
  }
});

Deno.test("singleFile() takes a file, a list of one, and an object with one", () => {
  const { send } = connect();
  for (
    const raw of [HREF, [HREF], { image: HREF }, { image: HREF, seed: 3 }, [{ image: [HREF] }]]
  ) {
    assertEquals(singleFile(decodeOutput(send, raw)).href, HREF);
  }
});

Deno.test("singleFile() and allFiles() name the shape that is there instead", () => {
  const { send } = connect();
  const cases: [raw: unknown, single: string, all: string | undefined][] = [
    ["a secret", "a string, with no files", "a string, with no files"],
    [null, "empty, with no files", "empty, with no files"],
    [5, "a number, with no files", "a number, with no files"],
    [["a", "b"], "a list, with no files", "a list, with no files"],
    [[HREF, HREF], "a list, with 2 files: use files()", undefined],
    [{ a: HREF, b: [HREF] }, "an object, with 2 files: use files()", undefined],
    [[], "a list, with no files", undefined],
  ];
  for (const [raw, single, all] of cases) {
    const output = decodeOutput(send, raw);
    const { message } = assertThrows(() => singleFile(output), ReplicateError);
    assertEquals(message, `Cannot give the output as one file: it is ${single}`);
    if (all === undefined) assertEquals(allFiles(output).length, (raw as unknown[]).length ?? 2);
    else assertThrows(() => allFiles(output), ReplicateError, `: it is ${all}`);
  }
});

Deno.test("FileOutput of a data: URL has its type and size, and an ending by the type", async () => {
  const { send } = connect();
  const file = new FileOutput(send, "data:image/png;base64,Zmln");
  assertEquals([file.filename, file.contentType, file.size], ["file.png", "image/png", 3]);
  assertEquals(await file.text(), "fig");
  const plain = new FileOutput(send, "data:;base64,Zmln");
  assertEquals(plain.contentType, "text/plain;charset=US-ASCII");
  const odd = new FileOutput(send, "data:,fig");
  assertEquals([odd.contentType, odd.size, odd.filename], [undefined, undefined, "file"]);
  const error = await rejection(odd.bytes());
  assertEquals(error.message, "Cannot read the file: its data: URL is not base64");
});

Deno.test("FileOutput refuses what is no URL, and reads an answer without a body", async () => {
  const { send } = connect();
  const why = assertThrows(() => new FileOutput(send, "out.png"), TypeError);
  assertEquals(why.message, "Cannot make a file of this: it is not a URL");
  const { fetch } = fetchOf(() => new Response(null));
  const empty = new FileOutput(connect({ fetch }).send, "https://replicate.delivery/");
  assertEquals([(await empty.bytes()).length, (await empty.blob()).type], [0, ""]);
  assertEquals(empty.filename, "file");
});

Deno.test("FileOutput prints its URL by the ways of Node and of consoles without any", () => {
  const { file } = output(() => new Response());
  const print = (file as unknown as Record<symbol, (...args: unknown[]) => string>)[
    Symbol.for("nodejs.util.inspect.custom")
  ]!;
  const inspect = (value: unknown) => `<${JSON.stringify(value)}>`;
  assertEquals(print.call(file, 2, {}, inspect), `FileOutput <{"href":"${HREF}"}>`);
  assertEquals(print.call(file, 2, {}), `FileOutput {"href":"${HREF}"}`);
});

Deno.test("FileOutput follows redirects of its server, and no endless or broken ones", async () => {
  const moved = (location?: string) =>
    new Response(null, { status: 302, headers: location === undefined ? {} : { location } });
  const { file } = output((_, count) => count === 1 ? moved("/other.png") : new Response("fig"));
  assertEquals(await file.text(), "fig");
  for (const location of [undefined, "http://", "/again"]) {
    const { file, asked } = output(() => moved(location), { retry: false });
    await rejection(file.text());
    assertEquals(asked.length < 30, true);
  }
});
