/** PUT to an S3 server of somebody else's, by URLs that somebody else has signed. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AwsClient } from "npm:aws4fetch@1.0.20";
import S3rver from "npm:s3rver@3.7.1";
import { Client } from "../../mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { customSink, putSink, SinkError, type SinkFile } from "../../src/sinks/mod.ts";
import { FIG, making, PLUM, sha256Of } from "./world.ts";

const KEYS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

interface World {
  client: Client;
  aws: AwsClient;
  /** The URL of the bucket. */
  bucket: string;
  /** Signs the URL of a file. */
  sign(file: SinkFile): Promise<string>;
}

/** The server of the store, of which its types say nothing. */
interface Server {
  closeAllConnections(): void;
}

/** Starts the store, with a bucket, and hands over a client of a fake. */
async function withStore(test: (world: World) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const store = new S3rver({
    ...{ port: 0, address: "127.0.0.1", silent: true, directory },
    configureBuckets: [{ name: "covers", configs: [] }],
  } as never);
  const { port } = await store.run() as { port: number };
  await using fake = new FakeReplicate({ models: { "acme/two": making(FIG, PLUM) } });
  const aws = new AwsClient({ ...KEYS, service: "s3", region: "us-east-1" });
  const bucket = `http://127.0.0.1:${port}/covers`;
  try {
    await test({
      client: new Client({ auth: "r8_test", fetch: fake.fetch }),
      aws,
      bucket,
      sign: async ({ key }) => {
        const { url } = await aws.sign(`${bucket}/${key}`, {
          method: "PUT",
          aws: { signQuery: true },
        });
        return url;
      },
    });
  } finally {
    const closed = store.close();
    // Now and then it waits minutes for a connection that is kept alive.
    (store as unknown as { httpServer: Server }).httpServer.closeAllConnections();
    await closed;
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("putSink() stores files in s3rver by presigned URLs, with their length and type", () =>
  withStore(async ({ client, aws, bucket, sign }) => {
    const work = client.run("acme/two", { input: {}, sink: putSink(sign) });
    const { id } = await work.prediction();
    const [fig, plum] = (await work.files()).map(({ stored }) => stored!);
    assertEquals(fig, {
      location: `${bucket}/${id}-0-fig.txt`,
      size: 5,
      sha256: await sha256Of("a fig"),
    });
    const response = await aws.fetch(plum!.location);
    assertEquals(response.headers.get("content-type"), "text/plain");
    assertEquals(response.headers.get("content-length"), "6");
    assertEquals(await response.text(), "a plum");
  }));

Deno.test("putSink() says what the store has answered, and does not repeat what it refuses", () =>
  withStore(async ({ client, bucket }) => {
    let calls = 0;
    const sink = putSink(({ key }) => {
      calls++;
      return `${bucket}-that-is-not-there/${key}?X-Amz-Signature=5ec4e7`;
    });
    const error = await assertRejects(() => client.run("acme/two", { input: {}, sink }), SinkError);
    assert(/Cannot put fig\.txt to 127\.0\.0\.1:\d+: 4\d\d /.test(error.message), error.message);
    assert(error.message.includes("the output is at Replicate until"), error.message);
    assert(!Deno.inspect(error).includes("5ec4e7"), "the signature is shown");
    assertEquals(calls, 2);
  }));

Deno.test("putSink() signs anew for each attempt, and shows no signature when a connection fails", () =>
  withStore(async ({ client, sign }) => {
    const signed: string[] = [];
    const sink = putSink(async (file) => {
      const url = await sign(file);
      signed.push(url);
      return signed.length > 2 ? url : "http://127.0.0.1:1/?X-Amz-Signature=5ec4e7";
    }, { attempts: 2 });
    const { stored } = (await client.run("acme/two", { input: {}, sink }).files())[0]!;
    assertEquals([signed.length, stored?.size], [4, 5]);
    const down = putSink(() => "http://127.0.0.1:1/?X-Amz-Signature=5ec4e7", { attempts: 1 });
    const error = await assertRejects(
      () => client.run("acme/two", { input: {}, sink: down }),
      SinkError,
      "Cannot put fig.txt to 127.0.0.1:1: the connection failed",
    );
    assert(!Deno.inspect(error).includes("5ec4e7"), Deno.inspect(error));
  }));

Deno.test("putSink() takes headers, and a location", () =>
  withStore(async ({ client, aws, bucket }) => {
    const sink = putSink(async ({ key, name }) => {
      const headers = { "content-type": "text/x-fruit", "x-amz-meta-model": "painter" };
      const url = `${bucket}/${key}`;
      // Headers that are signed have to be sent.
      const options = { method: "PUT", headers, aws: { signQuery: true, allHeaders: true } };
      const { url: signed } = await aws.sign(url, options);
      return { url: new URL(signed), headers, location: `https://cdn.example/${name}` };
    });
    const work = client.run("acme/two", { input: {}, sink });
    assertEquals(await work.json(), [
      "https://cdn.example/fig.txt",
      "https://cdn.example/plum.txt",
    ]);
    const { id } = await work.prediction();
    const { headers } = await aws.fetch(`${bucket}/${id}-0-fig.txt`, { method: "HEAD" });
    assertEquals(headers.get("x-amz-meta-model"), "painter");
    assertEquals(headers.get("content-type"), "text/x-fruit");
  }));

Deno.test("customSink() stores files by the S3 client of the AWS SDK", () =>
  withStore(async ({ client, aws, bucket }) => {
    const { PutObjectCommand, S3Client } = await import("npm:@aws-sdk/client-s3@3.936.0");
    const s3 = new S3Client({
      region: "us-east-1",
      endpoint: new URL(bucket).origin,
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      credentials: KEYS,
    });
    const { Readable } = await import("node:stream");
    const sink = customSink(async ({ key, stream, size, contentType }) => {
      const Body = Readable.fromWeb(stream as never);
      await s3.send(
        new PutObjectCommand({
          ...{ Bucket: "covers", Key: key, Body },
          ...{ ContentLength: size, ContentType: contentType },
        }),
      );
      return { key };
    });
    const [fig] = await client.run("acme/two", { input: {}, sink }).files();
    assertEquals(await (await aws.fetch(`${bucket}/${fig!.stored!.location}`)).text(), "a fig");
    s3.destroy();
  }));

Deno.test("putSink() refuses a missing function, a wrong URL and unknown options", async () => {
  assertThrows(() => putSink("https://a" as never), TypeError, "give a function that makes a URL");
  assertThrows(() => putSink(() => "", { tries: 1 } as never), TypeError, "no option tries");
  assertThrows(() => putSink(() => "", { fetch: 1 as never }), TypeError, "fetch is no function");
  await withStore(async ({ client }) => {
    for (const url of [undefined, "covers/a", "ftp://a", null]) {
      const sink = putSink(() => url as never);
      await assertRejects(
        () => client.run("acme/two", { input: {}, sink }),
        SinkError,
        "no http: or https: URL",
      );
    }
  });
});
