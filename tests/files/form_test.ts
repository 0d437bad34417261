/** The form of an upload on Workers, where a `Blob` must hold its bytes. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { formBody } from "../../src/files/form.ts";
import { fileKind } from "../../src/files/kind.ts";
import { load, type LoadedFile } from "../../src/files/source.ts";

// Before the first question for the runtime, whose answer is remembered.
Object.defineProperty(globalThis, "navigator", { value: { userAgent: "Cloudflare-Workers" } });

const loaded = (value: object): Promise<LoadedFile> =>
  load({ path: "input.a", value, kind: fileKind(value)! } as never, undefined);

// SHA-256 in hex.
const DIGEST = 64;

Deno.test("formBody() copies the form into a blob, and knows the digest of its file", async () => {
  const progress: number[] = [];
  const events = { loaded: (bytes: number) => void progress.push(bytes), failed: () => {} };
  const form = formBody(await loaded(new TextEncoder().encode("a fig")), events);
  assertEquals([await form.digest(), form.headers], [undefined, {}]);
  const body = await form.open();
  assert(body instanceof Blob && body.type.startsWith("multipart/form-data; boundary="));
  assert((await body.text()).includes("\r\n\r\na fig\r\n--"));
  assertEquals(progress, [5]);
  assertEquals((await form.digest())?.length, DIGEST);
  await form.close();
});

Deno.test("formBody() sends a small file as bytes to a fetch of another make", async () => {
  const form = formBody(
    await loaded(new TextEncoder().encode("a fig")),
    { loaded: () => {}, failed: () => {} },
    100,
  );
  const body = await form.open();
  assert(body instanceof Uint8Array);
  assert(form.headers["content-type"]?.startsWith("multipart/form-data"));
  assertEquals((await form.digest())?.length, DIGEST);
});

Deno.test("formBody() hashes what it has sent where the runtime hashes no pieces", async () => {
  const { process } = globalThis as unknown as { process: unknown };
  const file = await loaded(new TextEncoder().encode("a fig"));
  const events = { loaded: () => {}, failed: () => {} };
  Object.defineProperty(globalThis, "process", { value: undefined, configurable: true });
  try {
    const digests = [];
    for (const plain of [-1, 100]) {
      const form = formBody(file, events, plain);
      await form.open();
      digests.push(await form.digest());
    }
    assertEquals(digests[0], digests[1]);
    assertEquals(digests[0]?.length, DIGEST);
  } finally {
    Object.defineProperty(globalThis, "process", { value: process, configurable: true });
  }
});

Deno.test("formBody() tells of a file that cannot be read to its end", async () => {
  const failures: unknown[] = [];
  const file = await loaded(new Uint8Array(3));
  const error = new TypeError("the disk is gone");
  const broken = { ...file, open: () => Promise.reject(error) };
  const form = formBody(broken, { loaded: () => {}, failed: (it) => void failures.push(it) });
  await assertRejects(() => form.open(), TypeError, "the disk is gone");
  assertEquals(failures, [error]);
});
