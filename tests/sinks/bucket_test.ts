import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { bucketSink, SinkError } from "../../src/sinks/mod.ts";
import { inWorld } from "../run/world.ts";
import { FIG, making } from "./world.ts";

Deno.test("bucketSink() puts each file under its key, with its type", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client }) => {
    const puts: unknown[] = [];
    const bucket = {
      async put(key: string, content: ReadableStream, options: object): Promise<void> {
        puts.push([key, await new Response(content).text(), options]);
      },
    };
    const work = client.run("acme/a", { input: {}, sink: bucketSink(bucket) });
    const { id } = await work.prediction();
    const key = `${id}-0-fig.txt`;
    assertEquals(puts, [[key, "a fig", { httpMetadata: { contentType: "text/plain" } }]]);
    assertEquals((await work.file()).stored?.location, key);
    const sink = bucketSink(bucket, {
      key: ({ prediction, name }) => `${prediction.model}/${name}`,
    });
    assertEquals(await client.run("acme/a", { input: {}, sink }).json(), "acme/a/fig.txt");
  }));

Deno.test("bucketSink() states the size by a FixedLengthStream where there is one", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client }) => {
    const sizes: number[] = [];
    const globals = globalThis as { FixedLengthStream?: unknown };
    globals.FixedLengthStream = class extends TransformStream {
      constructor(size: number) {
        super();
        sizes.push(size);
      }
    };
    try {
      // Once it fails without having read anything, and once it works.
      const bucket = {
        put: async (_: string, content: ReadableStream) => {
          if (sizes.length === 1) throw new Error("busy");
          await new Response(content).text();
        },
      };
      await client.run("acme/a", { input: {}, sink: bucketSink(bucket) });
      assertEquals(sizes, [5, 5]);
    } finally {
      delete globals.FixedLengthStream;
    }
  }));

Deno.test("bucketSink() refuses a missing bucket, a key that is none, unknown options", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client }) => {
    const bucket = { put: () => Promise.resolve() };
    assertThrows(() => bucketSink(undefined as never), TypeError, "as in bucketSink(env.BUCKET)");
    assertThrows(() => bucketSink({} as never), TypeError, "give one that has put()");
    assertThrows(() => bucketSink(bucket, { key: "a" as never }), TypeError, "give a function");
    assertThrows(() => bucketSink(bucket, { name: 1 } as never), TypeError, "no option name");
    const sink = bucketSink(bucket, { key: () => undefined as never });
    await assertRejects(
      () => client.run("acme/a", { input: {}, sink }),
      SinkError,
      "key gave undefined, and no name",
    );
  }));
