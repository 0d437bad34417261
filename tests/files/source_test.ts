import { Readable } from "node:stream";
import { assertEquals, assertRejects } from "@std/assert";
import { FileInput } from "../../src/files/file_input.ts";
import { fileKind } from "../../src/files/kind.ts";
import { load, type LoadedFile } from "../../src/files/source.ts";

async function loaded(value: unknown): Promise<LoadedFile> {
  return await load(
    { path: "input.image", value, kind: fileKind(value as object)! } as never,
    undefined,
  );
}

const refused = async (value: unknown): Promise<string> =>
  (await assertRejects(() => loaded(value), TypeError)).message;

/** A blob as Bun has it for a file on disk. */
function bunFile(exists: boolean, type: string): Blob {
  const file = new Blob(["fig"], { type });
  return Object.assign(file, { name: "/tmp/fig.png", exists: () => Promise.resolve(exists) });
}

Deno.test("load() refuses a file of Bun that does not exist, and looks at the name of one that does", async () => {
  assertEquals(
    await refused(bunFile(false, "image/png")),
    "Cannot send input.image: there is no /tmp/fig.png",
  );
  const { filename, contentType, size } = await loaded(bunFile(true, "application/octet-stream"));
  assertEquals([filename, contentType, size], ["fig.png", "image/png", 3]);
  assertEquals((await loaded(bunFile(true, "image/webp"))).contentType, "image/webp");
});

Deno.test("load() refuses streams and responses that were read, and says so", async () => {
  const locked = new Blob(["a"]).stream();
  locked.getReader();
  assertEquals(
    await refused(locked),
    "Cannot send input.image: the stream is locked",
  );
  const read = Object.assign(new Blob(["a"]).stream(), { readableEnded: true });
  assertEquals(await refused(read), "Cannot send input.image: it has been read");
  const gone = Object.assign(new Blob(["a"]).stream(), { destroyed: true });
  assertEquals(await refused(gone), "Cannot send input.image: it has been read");
  const response = new Response("a");
  await response.text();
  assertEquals(
    await refused(response),
    "Cannot send input.image: it has been read",
  );
  assertEquals(
    await refused(new Response("no", { status: 404 })),
    "Cannot send input.image: the response is an error (404)",
  );
});

Deno.test("load() lets go of a stream of Node's that waits when its caller leaves", async () => {
  const leave = new AbortController();
  // Nothing ever comes: the caller leaves as soon as it is asked.
  const value = new Readable({ read: () => leave.abort("left") });
  const loading = load({ path: "input.image", value, kind: "stream" }, leave.signal);
  assertEquals(await loading.catch((reason) => reason), "left");
  assertEquals(value.destroyed, true);
});

Deno.test("load() names a response after its address, and believes no unspecific type", async () => {
  const response = (url: string, type?: string) => {
    const body = new TextEncoder().encode("fig");
    const headers = type === undefined ? {} : { "content-type": type };
    return Object.defineProperty(new Response(body, { headers }), "url", { value: url });
  };
  const named = await loaded(response("https://a.b/c/fig%20one.png?x", "application/octet-stream"));
  assertEquals([named.filename, named.contentType], ["fig one.png", "image/png"]);
  const plain = await loaded(response("", "text/plain"));
  assertEquals([plain.filename, plain.contentType], ["file.txt", "text/plain"]);
  const bare = await loaded(response("https://a.b/"));
  assertEquals(bare.contentType, "application/octet-stream");
});

Deno.test("load() reads an open file from where it is, and a device to its end", async () => {
  const opened = (isFile: boolean) => ({
    stat: () => Promise.resolve({ size: 5, isFile }),
    seek: () => Promise.resolve(2),
    readable: new Blob(["fig"]).stream(),
    close: () => {},
    read: () => Promise.resolve(null),
  });
  for (const isFile of [true, false]) {
    const file = opened(isFile);
    const { size } = await load(
      { path: "input.image", value: file, kind: "open" } as never,
      undefined,
    );
    assertEquals(size, 3);
  }
});

Deno.test("load() refuses what is no file: a folder on disk, a handle of something else", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assertEquals(
      await refused(FileInput.fromPath(folder)),
      "Cannot send input.image: it is not a file",
    );
  } finally {
    await Deno.remove(folder);
  }
  const pipe = { stat: () => Promise.resolve({ isFile: () => false }) };
  const error = await assertRejects(
    () => load({ path: "input.a", value: pipe, kind: "handle" } as never, undefined),
    TypeError,
  );
  assertEquals(error.message, "Cannot send input.a: it is not a file");
});

Deno.test("load() refuses a stream of unknown size that is too long for memory", async () => {
  const piece = new Uint8Array(30 * 1024 * 1024);
  const long = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(piece) });
  assertEquals(
    await refused(long),
    "Cannot send input.image: the stream is longer than 100 MiB: give its size",
  );
});
