import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type ApiError, InputError } from "../../src/errors.ts";
import { FileInput } from "../../src/files/file_input.ts";
import { FilesApi, type UploadSource } from "../../src/resources/files.ts";
import { bytes, connect, fetchOf } from "../files/helpers.ts";
import { rejection } from "../rejection.ts";

function files(options: Parameters<typeof connect>[0] = {}) {
  const { fake, send } = connect(options);
  return { fake, files: new FilesApi(send) };
}

Deno.test("files.create takes what a file can be, with a name, a type and metadata", async () => {
  const { fake, files: api } = files();
  const path = await Deno.makeTempFile({ suffix: ".png" });
  try {
    await Deno.writeTextFile(path, "abc");
    const sources: (UploadSource | Promise<UploadSource>)[] = [
      bytes("abc"),
      bytes("abc").buffer,
      new Blob(["abc"]),
      new Blob(["abc"]).stream(),
      new Response("abc"),
      FileInput.fromPath(path),
      Promise.resolve(bytes("abc")),
      await Deno.open(path),
    ];
    for (const source of sources) {
      const options = {
        filename: "a.txt",
        contentType: "text/css",
        metadata: { a: [{ b: null }] },
      };
      const file = await api.create(source, options);
      assertEquals([file.name, file.content_type, file.size], ["a.txt", "text/css", 3]);
      assertEquals(file.metadata, { a: [{ b: null }] });
    }
    assertEquals(fake.files.size, sources.length);
    const named = await api.create(FileInput.fromPath(path));
    assertEquals([named.name, named.content_type], [path.split("/").at(-1), "image/png"]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("files.create refuses what it cannot send before any request", async () => {
  const { fake, files: api } = files();
  await assertRejects(() => api.create(FileInput.fromUrl("https://a.b/c")), InputError);
  await assertRejects(() => api.create("text" as never), TypeError, "Cannot upload this");
  await assertRejects(() => api.create({} as never), TypeError, "Cannot upload this");
  const create = (metadata: object) =>
    rejection(api.create(bytes("a"), { metadata: metadata as Record<string, unknown> }));
  assertEquals(
    (await create({ a: { b: 1n } })).message,
    "Cannot send metadata.a.b: bigint is not JSON: give text, a number, a list or a plain object",
  );
  assertEquals((await create([1])).message, "Cannot send metadata: give an object");
  const name = { filename: "x".repeat(256) };
  assertInstanceOf(await rejection(api.create(bytes("a"), name)), TypeError);
  assertEquals(fake.requests.length, 0);
});

Deno.test("files.create reports 413 as the server does", async () => {
  const { files: api } = files({ fake: { maxFileSize: 2 } });
  assertEquals(((await rejection(api.create(bytes("abc")))) as ApiError).status, 413);
});

Deno.test("files.get and files.delete know an id, and throw 404 for another one", async () => {
  const { files: api } = files();
  const { id } = await api.create(bytes("abc"));
  assertEquals((await api.get(id)).checksums.sha256.slice(0, 8), "ba7816bf");
  assertEquals(await api.delete(id), true);
  for (const call of [api.get(id), api.delete(id)]) {
    assertEquals(((await rejection(call)) as ApiError).status, 404);
  }
});

Deno.test("files.list goes through all pages", async () => {
  const { files: api } = files({ fake: { pageSize: 2 } });
  for (const text of ["1", "22", "333"]) await api.create(bytes(text));
  const sizes: number[] = [];
  for await (const { size } of api.list()) sizes.push(size);
  assertEquals(sizes.sort(), [1, 2, 3]);
  assertEquals((await api.list()).results.length, 2);
});

Deno.test("files.download sends the signed query, escaped, and streams the answer", async () => {
  const { fake, files: api } = files();
  const { id } = await api.create(bytes("abc"));
  const response = await api.download(id, await fake.signDownload(id));
  assertEquals(await response.text(), "abc");
  const { fetch, asked } = fetchOf(() => new Response("abc"));
  const other = files({ fetch }).files;
  await (await other.download("a/b", { owner: "acme", expiry: 5, signature: "a+b/c=" })).text();
  assertEquals(
    asked[0]?.url,
    "https://api.replicate.com/v1/files/a%2Fb/download?owner=acme&expiry=5&signature=a%2Bb%2Fc%3D",
  );
});
