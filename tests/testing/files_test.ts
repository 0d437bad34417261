import { assertEquals, assertMatch } from "@std/assert";
import { FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { md5 } from "../../src/testing/md5.ts";
import { type Answer, ask, create } from "./helpers.ts";

function upload(
  fake: FakeReplicate,
  content: Blob,
  fields: Record<string, string | Blob> = {},
): Promise<Answer> {
  const form = new FormData();
  form.set("content", content);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return ask(fake, "POST", "/files", form);
}

const text = new File(["hi"], "a.txt", { type: "text/plain" });

Deno.test("md5() gives the digests of RFC 1321 and of long inputs", () => {
  const hash = (input: string): string => md5(new TextEncoder().encode(input));
  assertEquals(hash(""), "d41d8cd98f00b204e9800998ecf8427e");
  assertEquals(hash("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  assertEquals(
    hash("1234567890".repeat(8)),
    "57edf4a22be3c955ac49da2e2107b67a",
  );
  assertEquals(hash("a".repeat(55)), "ef1772b6dff9a122358552954ad0df65");
  assertEquals(hash("a".repeat(56)), "3b0c8ac703f828b04c6c197006d17218");
});

Deno.test("an upload is described with its checksums, and found, listed and deleted", async () => {
  await using fake = new FakeReplicate({ models: {} });
  const { status, json } = await upload(fake, text, { metadata: '{"a":{"b":[1]}}' });
  assertEquals([status, json.name, json.content_type, json.size], [201, "a.txt", "text/plain", 2]);
  assertEquals(json.checksums, {
    sha256: "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4",
    md5: "49f68a5c8493ec2c0bf489821c21fc3b",
  });
  assertEquals([json.metadata, json.etag], [{ a: { b: [1] } }, "49f68a5c8493ec2c0bf489821c21fc3b"]);
  assertMatch(json.id, /^[A-Za-z0-9+/]{48}$/);
  const path = new URL(json.urls.get).pathname.slice("/v1".length);
  assertEquals((await ask(fake, "GET", path)).json, json);
  assertEquals((await ask(fake, "GET", "/files")).json.results, [json]);
  assertEquals((await ask(fake, "DELETE", path)).status, 204);
  assertEquals((await ask(fake, "GET", path)).status, 404);
  assertEquals(fake.requests[0]?.body, {
    content: { name: "a.txt", type: "text/plain", size: 2 },
    metadata: '{"a":{"b":[1]}}',
  });
});

Deno.test("an upload may name itself in parts of its own, and must be what it should be", async () => {
  await using fake = new FakeReplicate({ models: {}, maxFileSize: 10 });
  const metadata = new Blob(['{"x":1}'], { type: "application/json" });
  const { json } = await upload(fake, text, { filename: "b.md", type: "text/markdown", metadata });
  assertEquals([json.name, json.content_type], ["b.md", "text/markdown"]);
  assertEquals(json.metadata, { x: 1 });
  assertEquals((await upload(fake, new Blob(["x".repeat(11)]))).status, 413);
  assertEquals((await upload(fake, text, { metadata: "[1]" })).status, 422);
  assertEquals((await upload(fake, text, { metadata: "{" })).status, 422);
  assertEquals((await upload(fake, text, { filename: "ü".repeat(128) })).status, 422);
  assertEquals((await ask(fake, "POST", "/files", new FormData())).status, 422);
  assertEquals((await ask(fake, "POST", "/files", {})).status, 422);
});

Deno.test("an upload is gone after a day, and a download link when it expires", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({ models: {} });
    const { id } = (await upload(fake, text)).json;
    const path = `/files/${encodeURIComponent(id)}`;
    const { owner, expiry, signature } = await fake.signDownload(id);
    const query = new URLSearchParams({ owner, expiry: String(expiry), signature });
    const bytes = await ask(fake, "GET", `${path}/download?${query}`);
    assertEquals(bytes.text, "hi");
    assertEquals(bytes.headers.get("content-type"), "application/octet-stream");
    query.set("owner", "else");
    assertEquals((await ask(fake, "GET", `${path}/download?${query}`)).status, 404);
    query.set("owner", owner);
    await time.tick(3_601_000);
    assertEquals((await ask(fake, "GET", `${path}/download?${query}`)).status, 404);
    assertEquals((await ask(fake, "GET", path)).status, 200);
    await time.tick(86_400_000);
    assertEquals((await ask(fake, "GET", path)).status, 404);
  });
});

Deno.test("output files are served under URLs, whole or in ranges, for an hour", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({
      models: {
        "acme/files": {
          run: () => ({
            image: new Blob(["0123456789"], { type: "image/png" }),
            list: [new File(["x"], "b c.txt", { type: "text/plain" }), new Uint8Array([1, 2])],
          }),
        },
      },
    });
    const { output } = (await create(fake, "acme/files", {}, { prefer: "wait" })).json;
    const { image, list } = output as { image: string; list: string[] };
    assertMatch(image, /^https:\/\/replicate\.delivery\/xezq\/\w{44}\/out-0\.png$/);
    assertMatch(list.join(), /\/b%20c\.txt,https:.*\/out-2\.bin$/);
    const whole = await fake.fetch(image);
    assertEquals([await whole.text(), whole.headers.get("content-length")], ["0123456789", "10"]);
    assertEquals(whole.headers.get("content-type"), "image/png");
    assertEquals(await (await fake.fetch(list[0] ?? "")).text(), "x");
    assertEquals(await (await fake.fetch(list[1] ?? "")).bytes(), new Uint8Array([1, 2]));
    const part = async (range: string): Promise<unknown[]> => {
      const answer = await fake.fetch(image, { headers: { range } });
      return [answer.status, await answer.text(), answer.headers.get("content-range")];
    };
    assertEquals(await part("bytes=2-4"), [206, "234", "bytes 2-4/10"]);
    assertEquals(await part("bytes=7-"), [206, "789", "bytes 7-9/10"]);
    assertEquals(await part("bytes=-3"), [206, "789", "bytes 7-9/10"]);
    assertEquals(await part("bytes=10-"), [416, "", "bytes */10"]);
    const head = await fake.fetch(image, { method: "HEAD" });
    assertEquals([head.headers.get("content-length"), await head.text()], ["10", ""]);
    await time.tick(3_600_000);
    assertEquals((await ask(fake, "GET", image)).status, 404);
    fake.assertDone();
  });
});

Deno.test("output files can be inlined, and a model can open what it is given", async () => {
  await using fake = new FakeReplicate({
    models: {
      "acme/copy": {
        inline: true,
        run: async ({ files }, job) => {
          const texts = [];
          for (const url of files as string[]) texts.push(await job.file(url).text());
          return new Blob(texts, { type: "text/plain" });
        },
      },
      "acme/served": { run: () => new Blob(["!"]) },
    },
  });
  const uploaded = (await upload(fake, text)).json.urls.get;
  const served = (await create(fake, "acme/served", {}, { prefer: "wait" })).json.output;
  const files = [uploaded, "data:text/plain;base64,SGk=", "data:,%20you", served];
  const { json } = await create(fake, "acme/copy", { files }, { prefer: "wait" });
  assertEquals(json.output, `data:text/plain;base64,${btoa("hiHi you!")}`);
  const lost = await create(fake, "acme/copy", { files: ["https://x.example/"] }, {
    prefer: "wait",
  });
  assertEquals(lost.json.error, "Cannot read https://x.example/: there is no such file");
});
