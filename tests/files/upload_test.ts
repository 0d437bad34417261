import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ReplicateError } from "../../src/errors.ts";
import { encodeInput } from "../../src/files/encode.ts";
import { FileInput } from "../../src/files/file_input.ts";
import { fileKind } from "../../src/files/kind.ts";
import { load, type LoadedFile } from "../../src/files/source.ts";
import { type FileObject, upload } from "../../src/files/upload.ts";
import type { RequestSpec, Send } from "../../src/http/types.ts";
import { withFakeTime } from "../../src/testing/mod.ts";
import { bytes, connect, fetchOf } from "./helpers.ts";
import { rejection } from "../rejection.ts";

const FILE: FileObject = {
  id: "f1",
  content_type: "text/plain",
  size: 3,
  checksums: { sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
  metadata: {},
  created_at: "2026-01-02T03:04:05Z",
  urls: { get: "https://api.replicate.com/v1/files/f1" },
};

/** A server that reads each upload, and answers with this. */
function answering(file: unknown, status = 201) {
  return fetchOf(async (request) => {
    await request.arrayBuffer();
    return Response.json(file, { status });
  });
}

function loaded(value: object): Promise<LoadedFile> {
  return load({ path: "the file", value, kind: fileKind(value)! }, undefined);
}

async function create(send: Send, value: object): Promise<FileObject> {
  return await upload(send, await loaded(value), { path: "the file" });
}

Deno.test("upload() sends the form that the API wants", async () => {
  const { fetch, asked } = fetchOf(async (request) => {
    const form = await request.formData();
    const content = form.get("content") as File;
    assertEquals([...form.keys()].sort(), ["content", "metadata"]);
    assertEquals([content.name, content.type, await content.text()], [
      "a.txt",
      "text/plain",
      "abc",
    ]);
    const metadata = form.get("metadata");
    const text = typeof metadata === "string" ? metadata : await metadata!.text();
    assertEquals(JSON.parse(text), { a: [{ b: "ü" }] });
    return Response.json(FILE, { status: 201 });
  });
  const { send } = connect({ fetch });
  const metadata = { a: [{ b: "ü" }] };
  await create(send, FileInput.fromBytes(bytes("abc"), { filename: "a.txt", metadata }));
  assertEquals([asked[0]?.method, asked[0]?.url], ["POST", "https://api.replicate.com/v1/files"]);
});

Deno.test("upload() is sent again after 429 with all of the file", async () => {
  await withFakeTime(async () => {
    const faults = [{ match: { path: "/files" }, status: 429, retryAfter: 1, times: 2 }];
    const { fake, send } = connect({ fake: { faults } });
    for (const value of [bytes("abc"), new Blob(["abc"]), new Blob(["abc"]).stream()]) {
      assertEquals((await create(send, value)).size, 3);
    }
    assertEquals([fake.files.size, fake.requests.length], [3, 5]);
  });
});

Deno.test("upload() is sent again when the connection was refused", async () => {
  await withFakeTime(async () => {
    const faults = [{ match: { path: "/files" }, drop: "before", refused: true }] as const;
    const { fake, send } = connect({ fake: { faults } });
    await create(send, bytes("abc"));
    assertEquals(fake.files.size, 1);
  });
});

Deno.test("upload() is not sent again when the server may have taken it", async () => {
  await withFakeTime(async () => {
    for (const fault of [{ status: 503 }, { drop: "after" }, { drop: "before" }] as const) {
      const { fake, send } = connect({
        fake: { faults: [{ match: { path: "/files" }, ...fault }] },
      });
      await rejection(create(send, bytes("abc")));
      assertEquals(fake.requests.length, 1, JSON.stringify(fault));
    }
  });
});

Deno.test("upload() of a stream that went straight out is not sent again", async () => {
  const size = 9_000_000;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; left -= 1_000_000) {
      yield await Promise.resolve(new Uint8Array(1_000_000));
    }
  }
  const faults = [{ match: { path: "/files" }, status: 429, retryAfter: 1 }];
  const { fake, send } = connect({ fake: { faults } });
  const first = FileInput.fromStream(pieces(), { size });
  assertEquals((await rejection(create(send, first))).name, "RateLimitError");
  await create(send, FileInput.fromStream(pieces(), { size }));
  assertEquals([...fake.files.values()].map((file) => file.blob.size), [size]);
});

Deno.test("upload() rejects when the server has something else than what was sent", async () => {
  const wrong = { ...FILE, checksums: { sha256: "0".repeat(64) } };
  const less = { ...FILE, size: 2 };
  for (const [file, why] of [[wrong, "sha256 000"], [less, "2 bytes arrived, and not 3"]]) {
    const { fetch, asked } = answering(file);
    const { send } = connect({ fetch });
    const error = await rejection(encodeInput(send, { a: bytes("abc") }, {}));
    assert(error instanceof ReplicateError);
    assertStringIncludes(error.message, `Cannot use the upload of input.a (file f1): ${why}`);
    assertEquals(asked.map(({ method, url }) => [method, new URL(url).pathname]), [
      ["POST", "/v1/files"],
      ["DELETE", "/v1/files/f1"],
    ]);
  }
});

Deno.test("upload() names what the server has wrong, also when that cannot be deleted", async () => {
  const { fetch, asked } = fetchOf(async (request) => {
    await request.arrayBuffer();
    return request.method === "DELETE"
      ? Response.json({ detail: "no" }, { status: 403 })
      : Response.json({ ...FILE, size: 2 });
  });
  const { send } = connect({ fetch });
  const error = await rejection(create(send, bytes("abc")));
  assertStringIncludes(error.message, "2 bytes arrived, and not 3");
  assertEquals(asked.length, 2);
});

Deno.test("upload() deletes what the server has wrong for a caller who has left, too", async () => {
  await withFakeTime(async (time) => {
    let deleted = false;
    const { fetch } = fetchOf(async (request) => {
      await request.arrayBuffer();
      if (request.method !== "DELETE") return Response.json({ ...FILE, size: 2 });
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      deleted = !request.signal.aborted;
      return new Response(null, { status: 204 });
    });
    const { send } = connect({ fetch });
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const file = await loaded(bytes("abc"));
    const call = upload(send, file, { path: "the file", options });
    setTimeout(() => controller.abort(new Error("left")), 50);
    assertEquals((await rejection(call)).message, "left");
    assertEquals([time.elapsed(), deleted], [50, false]);
    await time.tick(10_000);
    assertEquals(deleted, true);
  });
});

Deno.test("upload() takes an answer without a size and a checksum", async () => {
  const { fetch } = answering({ id: "f1", urls: FILE.urls });
  const { send } = connect({ fetch });
  assertEquals(await encodeInput(send, { a: bytes("abc") }, {}), { a: FILE.urls.get });
});

Deno.test("upload() names what went wrong with the file itself", async () => {
  const size = 9_000_000;
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(new Uint8Array(size / 2));
    throw new Error("the disk is gone");
  }
  async function* short(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(new Uint8Array(size - 1));
  }
  async function* long(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(new Uint8Array(size + 1));
  }
  const { fake, send } = connect();
  const send1 = (stream: AsyncIterable<Uint8Array>): Promise<Error> =>
    rejection(encodeInput(send, { a: FileInput.fromStream(stream, { size }) }, {}));
  assertEquals((await send1(broken())).message, "Cannot upload input.a: the disk is gone");
  assertStringIncludes((await send1(short())).message, "it has 8999999 and not 9000000 bytes");
  assertStringIncludes((await send1(long())).message, "it has more than 9000000 bytes");
  assertEquals(fake.files.size, 0);
});

Deno.test("a stream that is not as long as was said is refused before the request", async () => {
  const { fake, send } = connect();
  for (const [size, why] of [[4, "3 and not 4 bytes"], [2, "more than 2 bytes"]] as const) {
    const a = FileInput.fromStream(new Blob(["abc"]).stream(), { size });
    const error = await rejection(encodeInput(send, { a }, {}));
    assertEquals(error.message, `Cannot send input.a: it has ${why}`);
  }
  assertEquals(fake.requests.length, 0);
});

Deno.test("upload() gives the clocks more time for a large file, and tells the deadline", async () => {
  const specs: RequestSpec[] = [];
  const send = (<T>(spec: RequestSpec): Promise<T> => {
    specs.push(spec);
    return Promise.resolve({ urls: {} } as T);
  }) as Send;
  const file = await loaded(new Uint8Array(20_000_000));
  await upload(send, file, { path: "the file", deadline: 5 });
  assertEquals([specs[0]?.allow, specs[0]?.deadline, specs[0]?.repeatable], [
    200_000,
    5,
    undefined,
  ]);
});

Deno.test("upload() passes through middleware", async () => {
  const seen: string[] = [];
  const { fake, send } = connect({
    middleware: [async (request, next) => {
      seen.push(`${request.method} ${request.headers.get("content-type")?.split(";")[0]}`);
      return await next(request);
    }],
  });
  await create(send, bytes("abc"));
  assertEquals([seen, fake.files.size], [["POST multipart/form-data"], 1]);
});

Deno.test("upload() leaves no file open, whether it ends or is left", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, new Uint8Array(3_000_000));
    const { send } = connect();
    await create(send, FileInput.fromPath(path));
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const file = await loaded(FileInput.fromPath(path));
    const onUpload = (): void => controller.abort(new Error("left"));
    const error = await rejection(upload(send, file, { path: "the file", options, onUpload }));
    assertEquals(error.message, "left");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("an upload that is left is cut off at the socket, and creates nothing", async () => {
  let whole = false;
  const cut = Promise.withResolvers<void>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      try {
        await request.arrayBuffer();
        whole = true;
      } catch {
        cut.resolve();
      }
      return Response.json(FILE);
    },
  );
  try {
    const { send } = connect({
      fetch: globalThis.fetch,
      baseUrl: `http://127.0.0.1:${server.addr.port}`,
    });
    const controller = new AbortController();
    let left = 0;
    const request = { signal: controller.signal };
    const onUpload = ({ loaded }: { loaded: number }): void => {
      if (left !== 0 || loaded < 20_000_000) return;
      left = performance.now();
      controller.abort(new Error("left"));
    };
    const image = new Uint8Array(50_000_000);
    const error = await rejection(encodeInput(send, { image }, { request, onUpload }));
    assert(performance.now() - left < 50, "rejects at once");
    assertEquals(error.message, "left");
    await cut.promise;
    assertEquals(whole, false);
  } finally {
    await server.shutdown();
  }
});
